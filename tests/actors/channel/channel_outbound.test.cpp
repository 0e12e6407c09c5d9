// SPDX-License-Identifier: Apache-2.0
#include "channel_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a message for one peer goes to that peer, as it is") {
  channel_world world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  CHECK(world.send(world.id(2), "hello") == errc::none);
  REQUIRE(second.sent->size() == 1);
  CHECK(second.sent->at(0).channel == world::echo_channel);
  CHECK(second.sent->at(0).body.share() == wire_ping("hello"));
  CHECK(third.sent->empty());
}

TEST_CASE("peers share the bytes of a broadcast") {
  channel_world world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  world.broadcast("all");
  REQUIRE(second.sent->size() == 1);
  REQUIRE(third.sent->size() == 1);
  CHECK(second.sent->at(0).body.share() == wire_ping("all"));
  CHECK(second.sent->at(0).body.share().data()
        == third.sent->at(0).body.share().data());
}

TEST_CASE("no peer is nobody, and not all of them") {
  channel_world world;
  auto second = world.add_peer(2);
  CHECK(world.send({}, "x") == errc::not_connected);
  CHECK(world.dropped(world::echo_channel, direction::outbound, "not_connected")
        == 1);
  CHECK(second.sent->empty());
}

TEST_CASE("what was not sent is counted, and answered with the reason") {
  channel_world world;
  world.add_peer(2);
  const auto reason = caf::make_error(errc::oversized_message, "by far");
  auto one = world.ask(world.uut, send_atom_v, reason);
  REQUIRE(one->error);
  CHECK(*one->error == reason);
  auto all = world.ask<broadcast_report>(world.uut, broadcast_atom_v, reason);
  REQUIRE(all->error);
  CHECK(*all->error == reason);
  CHECK(world.dropped(world::echo_channel, direction::outbound,
                      "oversized_message")
        == 2);
}

TEST_CASE("whoever sends learns what the peer's queue says") {
  channel_world world;
  world.add_peer(2, 1, errc::queue_full);
  CHECK(world.send(world.id(2), "x") == errc::queue_full);
}

TEST_CASE("a broadcast that a peer has no room for does not end the channel") {
  channel_world world;
  world.add_peer(2, 1, errc::queue_full);
  auto third = world.add_peer(3);
  for (int i = 0; i < 3; ++i)
    world.broadcast("x");
  CHECK(third.sent->size() == 3);
  CHECK_FALSE(world.end->has_value());
}

TEST_CASE("whoever asks about a broadcast learns who took it, and why others "
          "did not") {
  channel_world world;
  CHECK(world.ask_all("nobody is there") == broadcast_report{});
  world.add_peer(2);
  world.add_peer(3);
  world.add_peer(4, 1, errc::queue_full);
  world.add_peer(5, 1, errc::queue_full);
  auto gone = world.add_peer(6);
  caf::anon_send_exit(gone.sender, caf::exit_reason::kill);
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(7), 1},
            caf::actor{}); // Lacks the channel.
  const broadcast_report expected{
      .taken = 2, .refused = {{errc::queue_full, 2}, {errc::not_connected, 1}}};
  CHECK(world.ask_all("x") == expected);
  CHECK_FALSE(world.end->has_value());
}

TEST_CASE("the answer to a broadcast waits for the slowest peer") {
  channel_world world;
  world.add_peer(2);
  auto promise = std::make_shared<caf::typed_response_promise<void>>();
  auto slow = world.spawn_guest([promise](caf::event_based_actor* self) {
    return caf::behavior{[=](send_atom, const outbound_envelope&) {
      *promise = self->make_response_promise<void>();
      return *promise;
    }};
  });
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 1}, slow);
  auto answer = world.ask<broadcast_report>(
      world.uut, broadcast_atom_v, message_body{world.shared_ping("x")});
  CHECK_FALSE(answer->value);
  // Meanwhile the channel goes on.
  CHECK(world.send(world.id(2), "y") == errc::none);
  SUBCASE("that takes it") {
    promise->deliver();
    world.settle();
    CHECK(answer->value == broadcast_report{.taken = 2});
  }
  SUBCASE("that goes") {
    promise->deliver(caf::make_error(caf::exit_reason::kill));
    world.settle();
    CHECK(
        answer->value
        == broadcast_report{.taken = 1, .refused = {{errc::not_connected, 1}}});
  }
  *promise = {};
}

TEST_CASE("a peer that lacks the channel is told apart from one that is "
          "not there") {
  channel_world world;
  auto second = world.add_peer(2);
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 2},
            caf::actor{});
  CHECK(world.send(world.id(3), "x") == errc::peer_lacks_channel);
  CHECK(world.dropped(world::echo_channel, direction::outbound,
                      "peer_lacks_channel")
        == 1);
  world.broadcast("x");
  CHECK(second.sent->size() == 1);
  world.remove_peer(3, 2);
  CHECK(world.send(world.id(3), "x") == errc::not_connected);
}

TEST_CASE(
    "a reactor that was refused by its channel can ask for room, and what "
    "it could not send has its own reason") {
  channel_world world{{.id = world::echo_channel, .send_total_messages = 1}};
  auto second = world.add_peer(2);
  for (int i = 0; i < 2; ++i)
    caf::anon_send(world.uut, broadcast_atom_v,
                   message_body{world.shared_ping("x")});
  SUBCASE("the question") {
    CHECK(world.ask(world.uut, writable_atom_v, world.id(2))->value);
  }
  SUBCASE("the reason") {
    CHECK(world
              .ask(world.uut, send_atom_v,
                   caf::make_error(errc::oversized_message))
              ->code()
          == errc::oversized_message);
  }
  CHECK(second.sent->size() == 1);
}

TEST_CASE("what is refused before a channel has run is told as well") {
  channel_world world{{.id = world::echo_channel, .send_total_messages = 1}};
  for (int i = 0; i < 3; ++i)
    caf::anon_send(world.uut, send_atom_v,
                   outbound_envelope{world.id(2), world::echo_channel,
                                     message_body{world.shared_ping("x")}});
  world.settle();
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].reason == "queue_full");
  CHECK(world.reported[0].count >= 1);
}

TEST_CASE("a reactor that sends faster than its channel passes on is refused "
          "what is beyond the bound") {
  auto what = channel_descriptor{.id = world::echo_channel};
  auto expected = size_t{0};
  SUBCASE("in messages") {
    what.send_total_messages = expected = 3;
  }
  SUBCASE("in bytes") {
    what.send_total_bytes = 3 * message_cost(wire_ping("x").size());
    expected = 3;
  }
  SUBCASE("but for one that is alone") {
    what.send_total_bytes = 1;
    expected = 1;
  }
  channel_world world{what};
  auto second = world.add_peer(2);
  auto lost = [&] {
    return world.dropped(world::echo_channel, direction::outbound,
                         "queue_full");
  };
  auto flood = [&](int count) {
    for (int i = 0; i < count; ++i)
      caf::anon_send(world.uut, broadcast_atom_v,
                     message_body{world.shared_ping("x")});
    world.settle();
  };
  flood(5);
  CHECK(second.sent->size() == expected);
  CHECK(lost() == 5 - expected);
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].what == node_event::kind::messages_shed);
  CHECK(world.reported[0].way == direction::outbound);
  CHECK(world.reported[0].reason == "queue_full");
  // There is room again once the channel has passed them on.
  flood(1);
  CHECK(second.sent->size() == expected + 1);
  CHECK(lost() == 5 - expected);
}

TEST_CASE("what a reactor sends to one peer goes past the channel, but behind "
          "what it sent before") {
  channel_world world;
  auto second = world.add_peer(2);
  auto& sender = *caf::actor_cast<caf::scheduled_actor*>(second.sender);
  auto send = [&](std::string_view text, channel_id channel) {
    caf::anon_send(world.uut, send_atom_v,
                   outbound_envelope{world.id(2), channel,
                                     message_body{world.shared_ping(text)}});
  };
  auto waits_there = [&] { return !sender.mailbox().blocked(); };
  auto expected = std::string{};
  auto past = false;
  SUBCASE("of nothing, while the channel does not run") {
    send("a", world::echo_channel);
    expected = "a";
    past = true;
  }
  SUBCASE("behind a broadcast") {
    caf::anon_send(world.uut, broadcast_atom_v,
                   message_body{world.shared_ping("a")});
    send("b", world::echo_channel);
    expected = "ab";
  }
  SUBCASE("behind the news of a connection") {
    caf::anon_send(world.uut, add_peer_atom_v, connection_ref{world.id(2), 2},
                   second.sender);
    send("a", world::echo_channel);
    expected = "a";
  }
  SUBCASE("behind the news of one that has ended before") {
    caf::anon_send(world.uut, remove_peer_atom_v,
                   connection_ref{world.id(2), 0});
    send("a", world::echo_channel);
    expected = "a";
  }
  SUBCASE("unless it names another channel, of which it knows nothing") {
    send("a", world::echo_channel + 1);
    expected = "a";
  }
  CHECK(waits_there() == past);
  world.settle();
  auto got = std::string{};
  for (const auto& what : *second.sent) {
    CHECK(what.channel == world::echo_channel);
    got += static_cast<char>(what.body.share().end()[-1]);
  }
  CHECK(got == expected);
  // The channel has passed it on, and the next one goes past it.
  send("c", world::echo_channel);
  CHECK(waits_there());
}

TEST_CASE("nothing goes past a channel that has ended") {
  channel_world world;
  auto second = world.add_peer(2);
  caf::anon_send_exit(world.uut, caf::exit_reason::user_shutdown);
  world.settle();
  REQUIRE(world.end->has_value());
  auto answer
      = world.ask(world.uut, send_atom_v,
                  outbound_envelope{world.id(2), world::echo_channel,
                                    message_body{world.shared_ping("x")}});
  CHECK(answer->error);
  CHECK(second.sent->empty());
}

TEST_CASE("the end of an old connection leaves the way to the new one "
          "open") {
  channel_world world;
  world.add_peer(2, 1);
  auto fresh = world.add_peer(2, 2);
  world.remove_peer(2, 1);
  CHECK(world.send(world.id(2), "x") == errc::none);
  CHECK(fresh.sent->size() == 1);
  world.remove_peer(2, 2);
  CHECK(world.send(world.id(2), "x") == errc::not_connected);
}
