// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_policy.hpp"

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// One slot.
struct dial_policy_fixture : ledger_world {
  explicit dial_policy_fixture(const peer_manager_options& options
                               = world::limited(1))
    : ledger_world(options),
      connections(peer(world::own), options) {}

  std::optional<dial_policy::order> next() {
    return uut.next(connections, state);
  }

  /// Whom to dial, as the letter of the peer; 0 if nobody.
  char whom() {
    auto what = next();
    return what ? static_cast<char>(what->attempt.address.id.bytes()[0]) : '\0';
  }

  std::optional<duration> wakeup() {
    auto when = uut.next_wakeup(connections, state);
    return when ? std::optional{*when - state.now} : std::nullopt;
  }

  void wait(char first, duration time) {
    for (auto& known : record(first).addresses)
      known.retry_at = state.now + time;
    state.changed(peer(first));
  }

  connection_policy connections;
  dial_policy uut{2min, 2min, random};
};

} // namespace

TEST_CASE_FIXTURE(dial_policy_fixture, "the best peer is dialed that is due") {
  CHECK(whom() == 0);
  CHECK_FALSE(wakeup());
  know("abc");
  give('b', 1);
  give('c', 2);
  wait('c', 5s);
  CHECK(whom() == 'b');
  CHECK(next()->attempt.deadline == state.now + 2min);
  pass(5s);
  CHECK(whom() == 'c');
}

TEST_CASE_FIXTURE(dial_policy_fixture,
                  "the address that failed least is the one") {
  know("a");
  CHECK(state.learn(address('a', 2)));
  record('a').addresses[0].failures = 1;
  CHECK(next()->attempt.address == address('a', 2));
  // Not where somebody is being dialed already.
  auto there = address('b', 2);
  there.hostname = address('a').hostname;
  CHECK(state.learn(there));
  state.begin_dial({.address = there});
  connections.set_limits({.max_connected = 2});
  CHECK(next()->attempt.address == address('a', 1));
}

TEST_CASE_FIXTURE(dial_policy_fixture,
                  "while there is no room, nobody is dialed, and "
                  "nobody waits for it") {
  know("ab");
  wait('b', 5s);
  connect('x');
  CHECK(whom() == 0);
  CHECK_FALSE(wakeup());
  state.end_connection(peer('x'));
  CHECK(whom() == 'a');
}

TEST_CASE("who needs no slot comes first") {
  auto options = world::limited(1);
  options.unconditional_peers = {peer('u')};
  dial_policy_fixture x{options};
  x.know("au");
  x.connect('x');
  CHECK(x.whom() == 'u');
  CHECK_FALSE(x.next()->attempt.counted);
  x.wait('u', 3s);
  CHECK(x.whom() == 0);
  CHECK(x.wakeup() == 3s);
}

TEST_CASE("a dial in place of somebody says so") {
  dial_policy_fixture x{world::upgrading(1, 1)};
  x.know("a");
  x.give('a', 5);
  CHECK_FALSE(x.next()->attempt.upgrade);
  x.connect('x');
  auto what = x.next();
  REQUIRE(what);
  CHECK(what->attempt.upgrade);
  CHECK(what->victim == peer('x'));
}

TEST_CASE_FIXTURE(dial_policy_fixture,
                  "there is an alarm for the next peer that is due, and "
                  "for the deadline of a dial") {
  know("ab");
  wait('a', 5s);
  wait('b', 3s);
  CHECK(wakeup() == 3s);
  pass(4s);
  // Not in vain: somebody may be dialed now.
  CHECK(wakeup() == -1s);
  dial('b');
  CHECK(whom() == 0);
  CHECK(wakeup() == 2min);
}
