// SPDX-License-Identifier: Apache-2.0
//
// Peers that come in again although they are connected. Whole networks are in
// scenarios/silent_connections, the sign of life itself in transport/ping.
#include "troupe/tests/actors/router/bad_handshakes.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node with a connected peer, 2, that has been quiet for a while.
struct quiet_world : world {
  explicit quiet_world(bool alive, duration probe_time = 10s) {
    auto chosen = options(1);
    chosen.probe_time = probe_time;
    where = std::make_unique<node>(spawn(std::move(chosen)));
    state = open(*where);
    first = join(*where, 2);
    first->reads = alive;
    advance(probe_time);
  }

  /// Whether the peer gets in once more.
  bool gets_in() {
    return !join(*where, 2)->closed;
  }

  std::unique_ptr<node> where;
  recorder_ptr state;
  puppet_ptr first;
};

} // namespace

TEST_CASE("a peer that comes in again takes the place of its silent "
          "connection") {
  quiet_world world{false};
  CHECK_FALSE(world.gets_in());
  CHECK(refusals(*world.state) == std::vector{errc::already_connected});
  world.advance(10s - 1ms);
  CHECK_FALSE(world.gets_in());
  CHECK_FALSE(world.first->closed);
  world.advance(1ms);
  CHECK(world.gets_in());
  CHECK(world.first->reason() == errc::already_connected);
  CHECK(world.state->signs() == "+-+");
  CHECK(world.state->sees(world.id(2)));
}

TEST_CASE("who answers is not replaced, however often somebody comes in "
          "with its key") {
  quiet_world world{true};
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(world.gets_in());
    world.advance(7s);
  }
  CHECK_FALSE(world.first->closed);
  CHECK(world.state->signs() == "+");
}

TEST_CASE("whatever arrives is a sign of life") {
  quiet_world world{false};
  CHECK_FALSE(world.gets_in());
  world.advance(5s);
  world.first->send(world::echo_channel, wire_ping("late"));
  world.advance(5s);
  CHECK_FALSE(world.gets_in());
  CHECK(world.state->text() == "late");
  // That was another question, without an answer.
  world.advance(10s);
  CHECK(world.gets_in());
}

TEST_CASE("probe_time decides how long that takes") {
  quiet_world world{false, 1s};
  CHECK_FALSE(world.gets_in());
  world.advance(1s);
  CHECK(world.gets_in());
}

TEST_CASE("a node stops while it waits for a sign of life") {
  quiet_world world{false};
  CHECK_FALSE(world.gets_in());
  world.where->stop();
  world.settle();
  CHECK(world.first->reason() == errc::shutting_down);
}
