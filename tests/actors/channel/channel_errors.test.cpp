// SPDX-License-Identifier: Apache-2.0
#include "channel_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a reactor that answers with no error after all has not failed") {
  channel_world world;
  world.answer = caf::error{};
  world.arrive(2);
  CHECK(world.errors.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 0);
  CHECK(world.credit == 1);
}

TEST_CASE("a reactor that answers with a blame blames the peer, in its words") {
  channel_world world;
  auto text = std::string{"what is this?"};
  SUBCASE("that it has chosen") {
    world.answer = caf::make_error(blame::rate_limited, text);
  }
  SUBCASE("that it did not choose") {
    text = "rate_limited";
    world.answer = blame::rate_limited;
  }
  world.arrive(2);
  REQUIRE(world.errors.size() == 1);
  const auto& [which, error] = world.errors[0];
  CHECK(which == connection_ref{world.id(2), 1});
  CHECK(error == peer_error{world.id(2), errc::rate_limited, text});
  CHECK(world.credit == 1);
}

TEST_CASE("any other error of a reactor is the reactor's, whatever it says") {
  const caf::error answers[] = {
      caf::make_error(caf::sec::runtime_error),
      caf::make_error(errc::queue_full),
      // What a peer can cause, too, but nobody has said that this one did.
      caf::make_error(errc::malformed_message, "of somebody else"),
      caf::make_error(errc::misbehaved),
  };
  for (const auto& answer : answers) {
    CAPTURE(to_string(answer));
    channel_world world;
    world.answer = answer;
    world.arrive(2);
    CHECK(world.errors.empty());
    CHECK(
        world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
    REQUIRE(world.reported.size() == 1);
    CHECK(world.reported[0].reason == "reactor_failed");
    CHECK(world.credit == 1);
  }
}

TEST_CASE("behind the first error of a peer nothing of its connection reaches "
          "the reactor") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  for (int i = 0; i < 3; ++i)
    world.arrive(2);
  world.arrive(3);
  REQUIRE(world.got_from(2) == 1);
  SUBCASE("that others found") {
    world.ask(world.uut, errored_atom_v, connection_ref{world.id(2), 1});
    CHECK(world.errors.empty());
  }
  SUBCASE("that the reactor finds") {
    world.fail_oldest(blame::unexpected_message);
    CHECK(world.errors.size() == 1);
  }
  SUBCASE("that the reactor reports") {
    world.add_peer(2);
    CHECK(world.report(2) == errc::none);
    CHECK(world.report(2) == errc::none);
    CHECK(world.errors.size() == 1);
  }
  world.arrive(2);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got_from(2) == 1);
  CHECK(world.got_from(3) == 1);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "peer_erred")
        == 3);
  // It may come back, and begins anew.
  world.arrive(2, 1, 2);
  CHECK(world.got_from(2) == 2);
}

TEST_CASE("a reactor that finds many messages of a connection bad says so "
          "once") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 8}};
  world.patient = true;
  for (int i = 0; i < 8; ++i)
    world.arrive(2);
  while (!world.pending.empty())
    world.fail_oldest(blame::unexpected_message);
  CHECK(world.errors.size() == 1);
}

TEST_CASE("a report names the connection that the peer has now") {
  channel_world world;
  CHECK(world.report(2) == errc::not_connected);
  world.add_peer(2, 1);
  world.add_peer(2, 5);
  CHECK(world.report(2) == errc::none);
  REQUIRE(world.errors.size() == 1);
  CHECK(world.errors[0].first == connection_ref{world.id(2), 5});
  CHECK(world.errors[0].second
        == peer_error{world.id(2), errc::unexpected_message, "why"});
  // A peer that lacks the channel can misbehave elsewhere.
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 6},
            caf::actor{});
  CHECK(world.report(3) == errc::none);
  REQUIRE(world.errors.size() == 2);
  CHECK(world.errors[1].first == connection_ref{world.id(3), 6});
}
