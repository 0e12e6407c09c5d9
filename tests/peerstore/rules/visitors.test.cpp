// SPDX-License-Identifier: Apache-2.0

// Who finds no slot may visit: ask, and go.

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

ip_network subnet(uint8_t number) {
  return ip_network::of(ip_address::v4(11, number, 0, 0), 16);
}

/// One slot, which `a` has, and room for two visitors.
struct visitors_fixture : world {
  visitors_fixture() : visitors_fixture(one_slot()) {}

  explicit visitors_fixture(const peer_manager_options& options)
    : world(options) {
    CHECK(accepted('a').code == errc::none);
  }

  static peer_manager_options one_slot() {
    auto options = limited(1);
    options.max_visitors = 2;
    return options;
  }

  [[nodiscard]] bool visits(char first) const {
    const auto* which = core.state().connections.to(peer(first));
    return which != nullptr && which->visits();
  }

  /// Lets time pass until the next visit is over.
  char farewell() {
    auto when = core.next_farewell();
    REQUIRE(when.has_value());
    now = *when;
    core.tick(now);
    return evict_next();
  }
};

} // namespace

TEST_CASE_FIXTURE(visitors_fixture,
                  "whoever dials us and finds no slot may stay for five "
                  "seconds, and takes none") {
  CHECK_FALSE(core.next_farewell());
  REQUIRE(accepted('b').code == errc::none);
  CHECK(visits('b'));
  CHECK(core.state().connections.taken().present() == 1);
  REQUIRE(ready('b') == errc::none);
  REQUIRE(ready('a') == errc::none);
  const auto up = core.take_updates();
  REQUIRE(up.size() == 2);
  CHECK(up[0].visitor);
  CHECK_FALSE(up[1].visitor);
  CHECK(about('b').explanation.find("visiting") != std::string::npos);
  CHECK(core.next_farewell() == now + visit_time);
  now += visit_time - 1ns;
  core.tick(now);
  CHECK(evict_next() == 0);
  now += 1ns;
  core.tick(now);
  CHECK_FALSE(core.next_farewell());
  const auto order = core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->connection.peer == peer('b'));
  CHECK(order->reason == errc::too_many_peers);
  CHECK(order->linger > 0s);
  CHECK(disconnected('b') == errc::none);
  const auto down = core.take_updates();
  REQUIRE(down.size() == 1);
  CHECK(down[0].reason == errc::too_many_peers);
  CHECK(down[0].text == "its visit is over, and there is no slot for it");
  // A stranger leaves nothing behind.
  CHECK(size() == 1);
}

TEST_CASE_FIXTURE(visitors_fixture,
                  "no more visit than may, nor two of a subnet") {
  CHECK(accepted('b', subnet(1)).code == errc::none);
  CHECK(accepted('c', subnet(1)).code == errc::too_many_peers);
  CHECK(accepted('c', subnet(2)).code == errc::none);
  CHECK(accepted('d', subnet(3)).code == errc::too_many_peers);
  // A visitor that has to go is there until it is gone.
  CHECK(farewell() == 'b');
  CHECK(accepted('d', subnet(3)).code == errc::too_many_peers);
  CHECK(disconnected('b') == errc::none);
  CHECK(accepted('d', subnet(3)).code == errc::none);
  CHECK(connected() == 3);
}

TEST_CASE_FIXTURE(visitors_fixture, "those who came first go first") {
  CHECK(accepted('c').code == errc::none);
  now += 1s;
  CHECK(accepted('b').code == errc::none);
  CHECK(farewell() == 'c');
  CHECK(farewell() == 'b');
}

TEST_CASE("who may have a slot does not visit") {
  auto options = world::upgrading(1, 1);
  options.max_visitors = 1;
  visitors_fixture w{options};
  w.know('b', 5);
  CHECK(w.accepted('b').code == errc::none);
  CHECK_FALSE(w.visits('b'));
  CHECK(w.evict_next() == 'a');
  CHECK(w.disconnected('a') == errc::none);
  // A visitor makes way for nobody, and is no surplus.
  CHECK(w.accepted('c').code == errc::none);
  CHECK(w.visits('c'));
  w.know('d', 20);
  CHECK(w.accepted('d').code == errc::none);
  CHECK(w.evict_next() == 'b');
  CHECK(w.core.set_limits({.max_connected = 1}, w.now).code == errc::none);
  CHECK(w.evict_next() == 0);
}

TEST_CASE_FIXTURE(visitors_fixture,
                  "a visit is neither service nor an offence, and leaves the "
                  "peer alone for no longer than an end of ours does") {
  know("b");
  CHECK(accepted('b').code == errc::none);
  now += 1s;
  // It has what it came for.
  CHECK(disconnected('b') == errc::none);
  const auto& record = *core.state().peers.find(peer('b'));
  CHECK_FALSE(record.last_connected);
  CHECK_FALSE(record.last_disconnected);
  CHECK(record.short_connections == 0);
  CHECK(record.dialable_at <= now);
  CHECK(behaviour('b') == 0);
  // What it is to blame for counts.
  CHECK(accepted('b').code == errc::none);
  CHECK(errored('b') == errc::none);
  CHECK(behaviour('b') < 0);
}

TEST_CASE("we dial a visitor in place of its visit, if there is a slot") {
  auto options = visitors_fixture::one_slot();
  options.max_connected = 2;
  SUBCASE("there is") {
    options.max_incoming = 1;
    visitors_fixture w{options};
    w.know("z");
    CHECK(w.dial_next() == 'z');
    const auto visit = w.accepted('z');
    CHECK(w.visits('z'));
    const auto verdict = w.dialed('z');
    CHECK(verdict.code == errc::none);
    CHECK(verdict.replaces == visit.generation);
    CHECK_FALSE(w.visits('z'));
    CHECK(w.outgoing() == 1);
    CHECK_FALSE(w.core.next_farewell());
  }
  SUBCASE("somebody else has taken it") {
    visitors_fixture w{options};
    w.know("z");
    CHECK(w.dial_next() == 'z');
    CHECK(w.accepted('b').code == errc::none);
    CHECK(w.accepted('z').code == errc::none);
    CHECK(w.visits('z'));
    CHECK(w.dialed('z').code == errc::too_many_peers);
    CHECK(w.visits('z'));
    CHECK(w.core.state().connections.taken().present() == 2);
  }
}

TEST_CASE("a visitor cannot make its visit longer by coming in again") {
  auto options = visitors_fixture::one_slot();
  options.probe_time = 1s;
  visitors_fixture w{options};
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.accepted('b').code == errc::already_connected);
  static_cast<void>(w.core.probe_next(w.now));
  w.now += 2s;
  CHECK(w.accepted('b').code == errc::already_connected);
  w.now += 3s;
  w.core.tick(w.now);
  CHECK(w.evict_next() == 'b');
}

TEST_CASE_FIXTURE(visitors_fixture,
                  "a visitor that was told to go and does not read stays for "
                  "no longer than its visit") {
  CHECK(accepted('b').code == errc::none);
  now += 2s;
  core.tick(now);
  CHECK(core.hang_up(peer('b'), 1min) == errc::none);
  CHECK(core.evict_next()->linger == visit_time - 2s);
}
