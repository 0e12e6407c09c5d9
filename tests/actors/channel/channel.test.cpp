// SPDX-License-Identifier: Apache-2.0
//
// What a reactor does with a channel, right and wrong.
#include "troupe/actors/channel/channel.hpp"

#include <string>

#include <fmt/format.h>

#include "troupe/proto/pex.pb.h"
#include "troupe/proto/raw.pb.h"
#include "troupe/tests/actors/router/mesh.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node with a peer that the test plays.
struct channel_fixture : world {
  explicit channel_fixture(channel_descriptor what = {.id = echo_channel})
    : where(spawn(options(1))),
      state(open(where, what)),
      peer(join(where, 2)) {}

  [[nodiscard]] int64_t lost(errc why) {
    return dropped(echo_channel, direction::outbound, to_string(why));
  }

  node where;
  recorder_ptr state;
  puppet_ptr peer;
};

} // namespace

TEST_CASE("a message that a channel cannot carry is refused by name, and "
          "counted") {
  channel_fixture world;
  const auto& wire = world.state->wire;
  const auto text = "troupe.p2p.PexRequest is not a message of a channel "
                    "for troupe.echo.EchoMessage";
  auto refusal = wire.send(world.id(2), p2p::PexRequest{});
  CHECK(refusal.code == errc::malformed_message);
  CHECK(refusal.context == text);
  CHECK(wire.broadcast(p2p::PexRequest{}).context == text);
  world.settle();
  CHECK(world.lost(errc::malformed_message) == 2);
  // Those who ask get the same answer.
  auto one = world.ask_with([&](caf::event_based_actor* self) {
    return wire.send(self, world.id(2), p2p::PexRequest{});
  });
  REQUIRE(one->error);
  CHECK(text_of(*one->error) == text);
  auto all = world.ask_with<broadcast_report>(
      [&](auto* self) { return wire.broadcast(self, p2p::PexRequest{}); });
  REQUIRE(all->error);
  CHECK(text_of(*all->error) == text);
  CHECK(world.lost(errc::malformed_message) == 4);
  CHECK(world.peer->got.empty());
}

TEST_CASE("a message that no peer would take is refused where it is sent") {
  channel_fixture world{
      {.id = world::echo_channel, .recv_message_capacity = 100}};
  const auto& wire = world.state->wire;
  // Two fields with their tags and lengths: 4 bytes.
  auto refusal = wire.send(world.id(2), ping(std::string(97, 'x')));
  CHECK(refusal.code == errc::oversized_message);
  CHECK(refusal.context
        == "a troupe.echo.PingMessage of 101 bytes, more than the "
           "recv_message_capacity of its channel, 100");
  CHECK(wire.broadcast(ping(std::string(97, 'x'))).code
        == errc::oversized_message);
  world.settle();
  CHECK(world.lost(errc::oversized_message) == 2);
  CHECK(world.peer->got.empty());
  CHECK(wire.send(world.id(2), ping(std::string(96, 'x'))).code == errc::none);
  world.settle();
  CHECK(world.peer->got.size() == 1);
}

TEST_CASE("a null node ID names no peer") {
  channel_fixture world;
  auto refusal = world.state->wire.send({}, ping("x"));
  CHECK(refusal.code == errc::invalid_node_id);
  CHECK(refusal.context.find("broadcast") != std::string::npos);
  world.settle();
  CHECK(world.peer->got.empty());
}

TEST_CASE("whoever asks about a broadcast hears from every peer") {
  mesh world{4};
  const auto& from = *world.reactors[0];
  auto shout = [&] {
    auto answer = world.ask_with<broadcast_report>(
        [&](auto* self) { return from.wire.broadcast(self, ping("x")); });
    REQUIRE(answer->value);
    return *answer->value;
  };
  CHECK(shout() == broadcast_report{.taken = 3});
  world.nodes[3].stop();
  world.settle();
  CHECK(shout() == broadcast_report{.taken = 2});
}

TEST_CASE("a channel that is closed takes nothing more, and its reactor goes "
          "on") {
  channel_fixture world;
  const auto& wire = world.state->wire;
  CHECK(wire.send(world.id(2), ping("last")).code == errc::none);
  wire.close();
  world.settle();
  // What was sent before goes first.
  CHECK(world.peer->got.size() == 1);
  CHECK(world.peer->reason() == errc::hung_up);
  CHECK_FALSE(world.state->ended);
  CHECK(world.state->codes(node_event::kind::channel_closed).size() == 1);
  CHECK(wire.send(world.id(2), ping("x")).code == errc::invalid_state);
  CHECK(wire.broadcast(ping("x")).code == errc::invalid_state);
  CHECK(world
            .ask_with([&](auto* self) {
              return wire.send(self, world.id(2), ping("x"));
            })
            ->error);
  wire.close();
  wire.report(world.id(2), blame::misbehaved, "x");
  wire.disconnect(world.id(2));
  // Its number is free.
  auto again = world.open(world.where);
  auto back = world.join(world.where, 2);
  CHECK(again->wire.send(world.id(2), ping("again")).code == errc::none);
  world.settle();
  CHECK(back->got.size() == 1);
}

TEST_CASE("what a reactor sends does not overtake what it sent before, "
          "whichever way that goes") {
  channel_fixture world;
  const auto& wire = world.state->wire;
  wire.broadcast(ping("0"));
  wire.send(world.id(2), ping("1"));
  wire.broadcast(ping("2"));
  world.settle();
  // Nothing is with the channel now, so that the next two need it no more.
  wire.send(world.id(2), ping("3"));
  wire.send(world.id(2), ping("4"));
  wire.broadcast(ping("5"));
  wire.send(world.id(2), ping("6"));
  world.settle();
  REQUIRE(world.peer->got.size() == 7);
  for (size_t i = 0; i < 7; ++i)
    CHECK(world.peer->got[i].body == wire_ping(std::to_string(i)));
}

TEST_CASE("a channel that was never opened says so") {
  const any_channel none;
  CHECK(none.send(world::id(2), ping("x")).code == errc::invalid_state);
  CHECK(none.broadcast(ping("x")).code == errc::invalid_state);
  none.close();
  const channel<RawMessage> typed;
  CHECK(typed.broadcast(RawMessage{}).code == errc::invalid_state);
}

TEST_CASE("a peer that has hung up is blamed for a message all the same") {
  channel_fixture world;
  world.peer->send(world::echo_channel, wire_ping("nonsense"));
  world.settle();
  REQUIRE(world.state->got.size() == 1);
  world.peer->hang_up();
  world.settle();
  world.state->wire.report(world.state->got[0], blame::malformed_message,
                           "why");
  world.settle();
  CHECK(world.state->codes(node_event::kind::peer_error)
        == std::vector{errc::malformed_message});
}

TEST_CASE("a reactor may take its messages in batches") {
  world world;
  auto where = world.spawn(world.options(1));
  size_t batches = 0;
  size_t messages = 0;
  world.spawn_guest([&, where](caf::event_based_actor* self) -> caf::behavior {
    where.open_channel<echo::EchoMessage>(self, {.id = world::echo_channel},
                                          delivery::in_batches);
    return {[&](const std::vector<inbound_envelope>& batch) {
      ++batches;
      messages += batch.size();
    }};
  });
  world.settle();
  auto peer = world.join(where, 2);
  for (int i = 0; i < 100; ++i)
    peer->send(world::echo_channel, wire_ping("x"));
  world.settle();
  CHECK(messages == 100);
  CHECK(batches < 100);
  CHECK_FALSE(peer->closed);
  world.stop_all();
}

TEST_CASE("a reactor whose peer is slow sends it the latest word only") {
  channel_fixture world;
  const auto& wire = world.state->wire;
  world.peer->reads = false;
  // The connection has the first; behind the second, everything waits.
  for (int i = 0; i < 2; ++i)
    wire.send(world.id(2), ping(std::string(2'000'000, 'x')));
  world.settle();
  for (int i = 0; i < 10; ++i) {
    wire.send_latest(world.id(2), "a", ping(fmt::format("a{}", i)));
    wire.broadcast_latest("b", ping(fmt::format("b{}", i)));
  }
  world.settle();
  CHECK(world.dropped(world::echo_channel, direction::outbound, "replaced")
        == 18);
  CHECK(wire.send_latest(world.id(2), "", ping("x")).code
        == errc::invalid_option);
  CHECK(wire.broadcast_latest("", ping("x")).code == errc::invalid_option);
  CHECK(wire.send_latest({}, "a", ping("x")).code == errc::invalid_node_id);
}
