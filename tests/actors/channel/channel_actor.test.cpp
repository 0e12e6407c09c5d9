// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_actor.hpp"

#include "channel_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a channel that the router refuses ends with the reason, and its "
          "reactor with it") {
  channel_world world;
  world.verdict = errc::duplicate_channel;
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK(**world.end == errc::duplicate_channel);
  REQUIRE(world.reactor_end->has_value());
  CHECK(**world.reactor_end == errc::duplicate_channel);
}

TEST_CASE("a channel of a router that is gone says that the node stops") {
  channel_world world;
  caf::anon_send_exit(world.router, caf::exit_reason::kill);
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK(**world.end == errc::shutting_down);
  CHECK(**world.reactor_end == errc::shutting_down);
}

TEST_CASE("a channel that its reactor closes ends alone") {
  channel_world world;
  world.add_peer(2);
  caf::anon_send(world.uut, caf::close_atom_v);
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK_FALSE(**world.end);
  CHECK_FALSE(world.reactor_end->has_value());
}

TEST_CASE("a channel ends with its reactor") {
  channel_world world;
  world.settle();
  REQUIRE_FALSE(world.end->has_value());
  SUBCASE("that fails") {
    end_actor(world.reactor, caf::make_error(caf::sec::runtime_error));
  }
  SUBCASE("that is killed") {
    caf::anon_send_exit(world.reactor, caf::exit_reason::kill);
  }
  SUBCASE("that has finished") {
    caf::anon_send_exit(world.reactor, caf::exit_reason::user_shutdown);
  }
  world.settle();
  CHECK(world.reactor_end->has_value());
  CHECK(world.end->has_value());
}
