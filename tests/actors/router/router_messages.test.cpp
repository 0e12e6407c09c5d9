// SPDX-License-Identifier: Apache-2.0
//
// What reactors of connected nodes see of each other.
#include <algorithm>

#include "troupe/proto/pex.pb.h"
#include "troupe/tests/actors/router/mesh.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("eight nodes echo to each other, one by one and all at "
          "once") {
  mesh world{8};
  for (auto& from : world.reactors)
    for (auto& to : world.nodes)
      from->say(to.id(), "one");
  world.settle();
  for (auto& state : world.reactors) {
    auto pongs = std::count_if(
        state->got.begin(), state->got.end(), [](const auto& in) {
          return in.message.template as<echo::PongMessage>();
        });
    CHECK(pongs == 7);
    CHECK(state->got.size() == 14);
  }
  world.forget();
  world.reactors[3]->shout("all");
  world.settle();
  CHECK(world.reactors[3]->got.size() == 7);
  for (auto& state : world.reactors)
    if (state != world.reactors[3])
      CHECK(state->text() == "all");
}

TEST_CASE("what a lone node sends is dropped") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  CHECK(world.deliver(*state, world.id(2), ping("x")) == errc::not_connected);
  CHECK(world.deliver(*state, where.id(), ping("x")) == errc::not_connected);
  state->shout("x");
  world.settle();
  CHECK(state->got.empty());
  CHECK_FALSE(state->ended);
}

TEST_CASE("a message reaches its receiver and nobody else") {
  mesh world{3};
  world.reactors[1]->on_message
      = [](const inbound_envelope&) -> caf::result<void> { return caf::unit; };
  world.reactors[0]->say(world.nodes[1].id(), "hello");
  world.settle();
  REQUIRE(world.reactors[1]->got.size() == 1);
  const auto& in = world.reactors[1]->got[0];
  CHECK(in.from == world.nodes[0].id());
  CHECK(in.channel == world::echo_channel);
  CHECK(in.generation
        == world.reactors[1]->last(world.nodes[0].id()).generation);
  CHECK(world.reactors[0]->got.empty());
  CHECK(world.reactors[2]->got.empty());
}

TEST_CASE("what cannot be sent is dropped, and the channel keeps "
          "working") {
  mesh world{3};
  auto& a = *world.reactors[0];
  const auto b = world.nodes[1].id();
  auto works = [&] {
    world.forget();
    CHECK(world.deliver(a, b, ping("still")) == errc::none);
    CHECK(a.text() == "still");
  };
  CHECK(world.deliver(a, {}, ping("x")) == errc::invalid_node_id);
  works();
  CHECK(world.deliver(a, b, p2p::PexRequest{}) == errc::malformed_message);
  works();
  CHECK(world.deliver(a, world.id(99), ping("x")) == errc::not_connected);
  works();
  CHECK(world.deliver(a, world.nodes[0].id(), ping("x"))
        == errc::not_connected);
  works();
  world.nodes[2].stop();
  world.settle();
  CHECK(world.deliver(a, world.nodes[2].id(), ping("x"))
        == errc::not_connected);
  works();
}

TEST_CASE("channels do not see each other's messages") {
  world world;
  std::vector<node> nodes;
  std::vector<recorder_ptr> first;
  std::vector<recorder_ptr> second;
  for (uint8_t i = 1; i <= 3; ++i) {
    auto options = world.options(i, {1, 2, 3});
    options.channels_expected = 2;
    nodes.push_back(world.spawn(std::move(options)));
    first.push_back(world.open(nodes.back()));
    second.push_back(world.open(nodes.back(), {.id = world::other_channel}));
  }
  world.advance(10s);
  first[0]->shout("first");
  second[1]->shout("second");
  world.settle();
  CHECK(first[0]->text() == "");
  CHECK(first[1]->text() == "first");
  CHECK(first[2]->text() == "first");
  CHECK(second[0]->text() == "second");
  CHECK(second[1]->text() == "");
  CHECK(second[2]->text() == "second");
}

TEST_CASE("a broadcast reaches all, and all that remain") {
  mesh world{4};
  world.reactors[0]->shout("four");
  world.settle();
  CHECK(world.reactors[0]->text() == "four four four");
  world.nodes[3].stop();
  world.settle();
  world.forget();
  world.reactors[0]->shout("three");
  world.settle();
  CHECK(world.reactors[0]->text() == "three three");
  CHECK(world.reactors[1]->text() == "three");
  CHECK(world.reactors[3]->text() == "");
}

TEST_CASE("messages are put into their wrapper and taken out of it") {
  mesh world{2};
  auto& a = *world.reactors[0];
  auto& b = *world.reactors[1];
  const auto to = world.nodes[1].id();
  SUBCASE("a member arrives as itself") {
    CHECK(world.deliver(a, to, pong("bare")) == errc::none);
    REQUIRE(b.got.size() == 1);
    CHECK(b.got[0].message.as<echo::PongMessage>());
  }
  SUBCASE("a wrapper passes through and arrives unwrapped") {
    echo::EchoMessage wrapped;
    wrapped.mutable_pong_message()->set_content("wrapped");
    CHECK(world.deliver(a, to, wrapped) == errc::none);
    REQUIRE(b.got.size() == 1);
    REQUIRE(b.got[0].message.as<echo::PongMessage>());
    CHECK(b.text() == "wrapped");
  }
  SUBCASE("what the wrapper cannot hold is dropped") {
    CHECK(world.deliver(a, to, p2p::PexResponse{}) == errc::malformed_message);
    CHECK(b.got.empty());
  }
}

TEST_CASE("a type that is no wrapper travels as it is") {
  world world;
  auto a = world.spawn(world.options(1, {2}));
  auto b = world.spawn(world.options(2));
  auto near = world.open<echo::PingMessage>(a);
  auto far = world.open<echo::PingMessage>(b);
  world.advance(1s);
  CHECK(world.deliver(*near, b.id(), ping("plain")) == errc::none);
  CHECK(world.deliver(*near, b.id(), pong("no")) == errc::malformed_message);
  CHECK(far->text() == "plain");
}

TEST_CASE("a peer without the channel gets nothing, and nothing "
          "happens to it") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto first = world.open(where);
  auto second = world.open(where, {.id = world::other_channel});
  auto peer = world.join(where, 2);
  REQUIRE(first->sees(world.id(2)));
  CHECK(world.deliver(*second, world.id(2), ping("x"))
        == errc::peer_lacks_channel);
  CHECK(world.dropped(world::other_channel, direction::outbound,
                      "peer_lacks_channel")
        == 1);
  second->shout("x");
  world.settle();
  CHECK(peer->got.empty());
  CHECK_FALSE(peer->closed);
  CHECK(world.deliver(*first, world.id(2), ping("x")) == errc::none);
  CHECK(peer->got.size() == 1);
}

TEST_CASE("what a reactor says as soon as a peer is up "
          "arrives") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    world world{seed};
    std::vector<node> nodes;
    std::vector<recorder_ptr> reactors;
    for (uint8_t i = 1; i <= 2; ++i) {
      nodes.push_back(world.spawn(world.options(i)));
      reactors.push_back(world.open(nodes.back()));
      reactors.back()->on_update
          = [raw = reactors.back().get()](const peer_update& update) {
              if (update.status == peer_status::up)
                raw->say(update.peer, "welcome");
            };
    }
    nodes[0].add_peer(*node_address::parse(world.address(2)));
    nodes[1].add_peer(*node_address::parse(world.address(1)));
    world.advance(1min);
    for (const auto& state : reactors) {
      // A connection that lost to a simultaneous one may have been up before.
      REQUIRE(state->signs().back() == '+');
      REQUIRE_FALSE(state->got.empty());
      CHECK(state->got.back().generation == state->updates.back().generation);
    }
  }
}

TEST_CASE("a channel that was opened late is refused for old peers and "
          "serves new ones") {
  mesh world{2};
  std::vector<recorder_ptr> late;
  for (auto& where : world.nodes)
    late.push_back(world.open(where, {.id = world::other_channel}));
  CHECK(world.deliver(*late[0], world.nodes[1].id(), ping("x"))
        == errc::peer_lacks_channel);
  auto peer = world.join(world.nodes[0], 3,
                         {world::echo_channel, world::other_channel});
  REQUIRE(peer->info);
  CHECK(peer->info->channels
        == std::vector<channel_id>{world::echo_channel, world::other_channel});
  CHECK(world.deliver(*late[0], world.id(3), ping("x")) == errc::none);
  CHECK(peer->got.size() == 1);
  // A new connection of the old peer has the channel.
  late[0]->wire.report(world.nodes[1].id(), blame::unexpected_message,
                       "start anew");
  world.advance(1min);
  REQUIRE(late[0]->sees(world.nodes[1].id()));
  CHECK(world.deliver(*late[0], world.nodes[1].id(), ping("new"))
        == errc::none);
  CHECK(late[1]->text() == "new");
}
