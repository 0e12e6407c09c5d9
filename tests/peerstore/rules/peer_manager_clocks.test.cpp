// SPDX-License-Identifier: Apache-2.0

// What is stored makes sense whatever the time of day did, between two lives of
// a node and while it ran.

#include "stored_state.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node that remembers, and a clock that may be wrong.
struct life {
  explicit life(stored_state& where, wall_time clock,
                const peer_manager_options& options = world::plain())
    : store(where),
      wall(clock),
      w(options) {
    CHECK(w.core.load(store.all(), w.now, wall).empty());
  }

  void pass(duration span) {
    w.now += span;
    wall += std::chrono::duration_cast<wall_time::duration>(span);
  }

  /// The orderly end, which stores what there is to store.
  void end() {
    auto changes = w.core.take_changes(w.now, wall);
    for (auto& x : changes.put)
      store.content[x.id] = x;
    for (const auto& id : changes.erase)
      store.content.erase(id);
  }

  stored_state& store;
  wall_time wall;
  world w;
};

/// Where clocks may find themselves after a start.
constexpr std::chrono::hours jumps[]
    = {-400'000h, -8766h, -2h, -1h, 0h, 1h, 2h, 8766h, 400'000h};

} // namespace

TEST_CASE("a ban lasts at most what was ordered, wherever the clock is after "
          "the next start") {
  for (auto jump : jumps) {
    CAPTURE(jump.count());
    stored_state store;
    life first{store, noon};
    CHECK(first.w.core.ban(peer('a'), 10s, "", first.w.now) == errc::none);
    first.end();
    // Again and again: each time less of it may be left.
    auto wall = noon + 4s + jump;
    duration served = 0s;
    for (int i = 0; i < 5; ++i) {
      life next{store, wall};
      if (!next.w.is_banned(peer('a')))
        break;
      CHECK(next.w.about('a').wait <= duration{10s});
      next.end();
      next.pass(4s);
      served += 4s;
      (void)next.w.core.dial_next(next.w.now);
      next.end();
      wall = next.wall;
    }
    CHECK(served <= 12s);
    // What it did not pass is still to come.
    if (jump == 0h)
      CHECK(served == 8s);
  }
}

TEST_CASE("a ban survives that the clock is set right while the node runs") {
  for (auto jump : jumps) {
    CAPTURE(jump.count());
    stored_state store;
    life first{store, noon};
    CHECK(first.w.core.ban(peer('a'), 10h, "", first.w.now) == errc::none);
    first.end();
    first.pass(1h);
    first.wall += jump;
    first.end();
    first.pass(1h);
    life second{store, first.wall};
    REQUIRE(second.w.is_banned(peer('a')));
    CHECK(second.w.about('a').wait == duration{8h});
  }
}

TEST_CASE("a backoff lasts at most what its failures imply, wherever the clock "
          "is after the next start") {
  auto options = world::plain();
  options.disconnect_cooldown = 2s;
  options.persistent_peers = {address('a'), address('b')};
  for (auto jump : jumps) {
    CAPTURE(jump.count());
    stored_state store;
    life first{store, noon, options};
    for (int i = 0; i < 3; ++i) {
      while (auto who = first.w.dial_next())
        if (who == 'a') {
          CHECK(first.w.fail('a') == errc::none);
        } else {
          CHECK(first.w.dialed('b').code == errc::none);
          CHECK(first.w.disconnected('b') == errc::none);
        }
      first.end();
      first.pass(1s);
    }
    // Three failures in a row are worth a second, one short connection four.
    life second{store, first.wall + jump, options};
    CHECK(second.w.about('a').wait.value_or(0s) <= duration{1s});
    CHECK(second.w.about('b').wait.value_or(0s) <= duration{4s});
  }
}

TEST_CASE("what a store says of the future is cut to what its failures imply, "
          "whoever wrote it") {
  auto options = world::plain();
  options.persistent_peers = {address('a')};
  stored_state store;
  store.content[peer('a')] = {
      .id = peer('a'),
      .addresses = {{address('a'), 1, noon + 300s, {}, noon}},
      .short_connections = 0,
      .dialable_at = noon + 300s,
      .stored_at = noon,
  };
  life next{store, noon, options};
  CHECK(next.w.sleep() <= 250ms);
  CHECK(next.w.dial_next() == 'a');
}

TEST_CASE("sins are as old as they are, though the clock was set right") {
  for (auto jump : jumps) {
    CAPTURE(jump.count());
    stored_state store;
    life first{store, noon};
    first.w.know('a', -8);
    first.end();
    first.wall += jump;
    first.end();
    first.pass(1h);
    life second{store, first.wall};
    CHECK(second.w.behaviour('a') == doctest::Approx(-4));
  }
}

TEST_CASE("who is banned by an operator is so after a restart, whatever the "
          "reason says") {
  stored_state store;
  life first{store, noon};
  CHECK(first.w.core.ban(peer('a'), 1h, "misbehaved: says me", first.w.now)
        == errc::none);
  first.w.know("b");
  CHECK(first.w.report('b', peer_behaviour::false_proof) == errc::none);
  CHECK(first.w.is_banned(peer('b')));
  first.end();
  life second{store, noon};
  auto by_operator = [&second](char who) {
    return second.w.about(who).explanation.find("by an operator")
           != std::string::npos;
  };
  CHECK(by_operator('a'));
  CHECK_FALSE(by_operator('b'));
}
