// SPDX-License-Identifier: Apache-2.0

// What reactors of connected nodes see of each other.

#include <algorithm>

#include <caf/send.hpp>

#include "troupe/proto/pex.pb.h"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id other_channel = 0x71;

/// Nodes that all know each other and echo.
struct mesh : world {
  explicit mesh(uint8_t count, uint64_t seed = 0) : world(seed) {
    for (uint8_t i = 1; i <= count; ++i) {
      std::vector<uint8_t> others;
      for (uint8_t j = 1; j <= count; ++j)
        if (i != j)
          others.push_back(j);
      auto [where, state] = echo_node(options(i, others));
      nodes.push_back(where);
      reactors.push_back(state);
    }
    advance(10s);
    for (uint8_t i = 0; i < count; ++i)
      for (uint8_t j = 0; j < count; ++j)
        REQUIRE(reactors[i]->sees(nodes[j].id()) == (i != j));
  }

  void forget() {
    for (auto& state : reactors)
      state->got.clear();
  }

  std::vector<node> nodes;
  std::vector<recorder_ptr> reactors;
};

} // namespace

TEST_CASE("RT-01: eight nodes echo to each other, one by one and all at "
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

TEST_CASE("RT-02: a peer that was reported goes down, and comes back later") {
  mesh world{3};
  auto& a = world.reactors[0];
  auto& b = world.reactors[1];
  const auto b_id = world.nodes[1].id();
  const auto first = a->last(b_id).generation;
  a->wire.report(b_id, errc::unexpected_message, "bad manners");
  world.settle();
  CHECK_FALSE(a->sees(b_id));
  CHECK(a->last(b_id).reason == errc::unexpected_message);
  CHECK(a->last(b_id).generation == first);
  CHECK_FALSE(b->sees(world.nodes[0].id()));
  CHECK(a->codes(node_event::kind::peer_error)
        == std::vector{errc::unexpected_message});
  // The third node is not concerned.
  CHECK(a->sees(world.nodes[2].id()));
  CHECK(world.reactors[2]->signs() == "++");
  world.advance(1min);
  CHECK(a->sees(b_id));
  CHECK(a->last(b_id).generation > first);
  CHECK(b->sees(world.nodes[0].id()));
}

TEST_CASE("RT-04: what a lone node sends is dropped") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  CHECK(world.deliver(*state, world.id(2), ping("x")) == errc::not_connected);
  CHECK(world.deliver(*state, where.id(), ping("x")) == errc::not_connected);
  CHECK(world.deliver(*state, {}, ping("x")) == errc::none);
  CHECK(state->got.empty());
  CHECK_FALSE(state->ended);
}

TEST_CASE("RT-05: a message reaches its receiver and nobody else") {
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

TEST_CASE("RT-06: what cannot be sent is dropped, and the channel keeps "
          "working") {
  // "No recipient" means all, with us.
  mesh world{3};
  auto& a = *world.reactors[0];
  const auto b = world.nodes[1].id();
  auto works = [&] {
    world.forget();
    CHECK(world.deliver(a, b, ping("still")) == errc::none);
    CHECK(a.text() == "still");
  };
  CHECK(world.ask(a.wire.actor(), send_atom_v, outbound_envelope{b, {}})->code()
        == errc::malformed_message);
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

TEST_CASE("RT-07: channels do not see each other's messages") {
  world world;
  std::vector<node> nodes;
  std::vector<recorder_ptr> first;
  std::vector<recorder_ptr> second;
  for (uint8_t i = 1; i <= 3; ++i) {
    auto options = world.options(i, {1, 2, 3});
    options.channels_expected = 2;
    nodes.push_back(world.spawn(std::move(options)));
    first.push_back(world.open(nodes.back()));
    second.push_back(world.open(nodes.back(), {.id = other_channel}));
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

TEST_CASE("RT-08: a broadcast reaches all, and all that remain") {
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

TEST_CASE("RT-09: messages are put into their wrapper and taken out of it") {
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

TEST_CASE("RT-17: a peer without the channel gets nothing, and nothing "
          "happens to it") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto first = world.open(where);
  auto second = world.open(where, {.id = other_channel});
  auto peer = world.join(where, 2);
  REQUIRE(first->sees(world.id(2)));
  CHECK(world.deliver(*second, world.id(2), ping("x"))
        == errc::peer_lacks_channel);
  CHECK(world.dropped(other_channel, direction::outbound, "peer_lacks_channel")
        == 1);
  second->shout("x");
  world.settle();
  CHECK(peer->got.empty());
  CHECK_FALSE(peer->closed);
  CHECK(world.deliver(*first, world.id(2), ping("x")) == errc::none);
  CHECK(peer->got.size() == 1);
}

TEST_CASE("RT-23G: a reactor that stops reading does not stop the other "
          "channels of its peers") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto [echoes, slow] = std::pair{
      world.open(where), world.open(where, {.id = other_channel,
                                            .recv_queue_messages = 100,
                                            .delivery_window = 16,
                                            .on_full = overflow::drop})};
  slow->patient = true;
  auto peer = world.join(where, 2, {world::echo_channel, other_channel});
  for (int i = 0; i < 10; ++i)
    for (int j = 0; j < 200; ++j)
      peer->send(other_channel, wire_ping(std::string(1000, 'x')));
  world.settle();
  CHECK(slow->got.size() == 16);
  CHECK(world.dropped(other_channel, direction::inbound, "queue_full")
        == 2000 - 116);
  peer->send(world::echo_channel, wire_ping("quick"));
  world.settle();
  CHECK(echoes->text() == "quick");
  // It wakes up and gets what was kept.
  slow->patient = false;
  world.release(*slow);
  CHECK(slow->got.size() == 116);
  CHECK_FALSE(peer->closed);
}

TEST_CASE("a reactor that stops reading makes its peers wait, and nothing is "
          "lost or unbounded") {
  world world;
  auto a = world.spawn(world.options(1, {2}));
  auto b = world.spawn(world.options(2));
  auto near
      = world.open(a, {.id = world::echo_channel, .send_queue_messages = 100});
  auto far = world.open(b);
  world.advance(1s);
  far->patient = true;
  const auto large = std::string(10'000, 'x');
  size_t taken = 0;
  auto last = errc::none;
  for (; taken < 1000 && last == errc::none; ++taken)
    last = world.deliver(*near, b.id(), ping(large));
  CHECK(last == errc::queue_full);
  --taken;
  // The window of the reader, that of the writer, and the queue.
  CHECK(taken * 10'000
        < connection_read_window + connection_window + 1'100'000);
  CHECK(far->got.size() == 16);
  far->patient = false;
  world.release(*far);
  CHECK(far->got.size() == taken);
  CHECK(world.deliver(*near, b.id(), ping(large)) == errc::none);
}

TEST_CASE("a reactor that ends with messages in its hands does not stop the "
          "other channels of its peers") {
  world world;
  std::vector<recorder_ptr> reactors;
  std::vector<node> nodes;
  for (uint8_t i = 1; i <= 2; ++i) {
    auto options = world.options(i, {1, 2});
    options.channels_expected = 2;
    nodes.push_back(world.spawn(std::move(options)));
    reactors.push_back(world.open(nodes.back()));
    reactors.push_back(world.open(nodes.back(), {.id = other_channel}));
  }
  world.advance(10s);
  auto& slow = *reactors[3];
  slow.patient = true;
  // Beyond the read window: the connection has stopped reading.
  for (int i = 0; i < 70; ++i)
    reactors[1]->say(nodes[1].id(), std::string(10'000, 'x'));
  world.settle();
  reactors[0]->say(nodes[1].id(), "waits");
  world.settle();
  CHECK(reactors[2]->text() == "");
  caf::anon_send_exit(caf::actor_cast<caf::actor>(slow.self),
                      caf::exit_reason::user_shutdown);
  world.settle();
  CHECK(reactors[2]->text() == "waits");
}

TEST_CASE("RT-24G: a peer that stops reading does not delay broadcasts to "
          "others") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto deaf = world.join(where, 2);
  auto keen = world.join(where, 3);
  deaf->reads = false;
  const auto large = std::string(64 * 1024, 'x');
  for (size_t i = 1; i <= 100; ++i) {
    state->shout(large);
    world.settle();
    REQUIRE(keen->got.size() == i);
  }
  CHECK(deaf->got.size() < 20);
  CHECK(world.dropped(world::echo_channel, direction::outbound, "queue_full")
        > 0);
  CHECK(world.deliver(*state, world.id(2), ping(large)) == errc::queue_full);
  CHECK_FALSE(deaf->closed);
}

TEST_CASE("RT-25G, T-25: what a reactor says as soon as a peer is up "
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

TEST_CASE("RT-26G: a message that makes no sense costs its sender the "
          "connection, and nobody else anything") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto bad = world.join(where, 2);
  auto good = world.join(where, 3);
  SUBCASE("undecodable") {
    bad->send(world::echo_channel, from_text("\xff\xff"));
    world.settle();
    CHECK(bad->reason() == errc::malformed_message);
    CHECK(state->last(world.id(2)).reason == errc::malformed_message);
    CHECK(world.dropped(world::echo_channel, direction::inbound,
                        "malformed_message")
          == 1);
    CHECK(state->codes(node_event::kind::peer_error)
          == std::vector{errc::malformed_message});
  }
  SUBCASE("on a channel that is not open") {
    bad->send(0x55, wire_ping("x"));
    world.settle();
    CHECK(bad->reason() == errc::unknown_channel);
    CHECK(state->last(world.id(2)).reason == errc::unknown_channel);
  }
  SUBCASE("too large") {
    bad->send(world::echo_channel, bytes(22'020'097));
    world.settle();
    CHECK(bad->reason() == errc::oversized_message);
  }
  SUBCASE("that the reactor has no use for") {
    state->on_message = [](const inbound_envelope& in) {
      return in.match([](const echo::PingMessage&) {});
    };
    echo::EchoMessage wrapped;
    wrapped.mutable_pong_message();
    auto text = wrapped.SerializeAsString();
    bad->send(world::echo_channel, from_text(text));
    world.settle();
    CHECK(bad->reason() == errc::unexpected_message);
  }
  CHECK(state->signs() == "++-");
  CHECK_FALSE(state->sees(world.id(2)));
  CHECK_FALSE(good->closed);
  good->send(world::echo_channel, wire_ping("fine"));
  world.settle();
  CHECK(state->got.back().from == world.id(3));
}

TEST_CASE("a reactor that cannot take messages does not blame its peers") {
  world world;
  auto where = world.spawn(world.options(1));
  world.spawn_guest([where](caf::event_based_actor* self) -> caf::behavior {
    where.open_channel<echo::EchoMessage>(self, {.id = world::echo_channel});
    self->set_default_handler(caf::drop);
    return {[](caf::tick_atom) {}};
  });
  world.settle();
  auto peer = world.join(where, 2);
  peer->send(world::echo_channel, wire_ping("x"));
  world.settle();
  CHECK_FALSE(peer->closed);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
}

TEST_CASE("RT-28G: a channel that was opened late is refused for old peers and "
          "serves new ones") {
  mesh world{2};
  std::vector<recorder_ptr> late;
  for (auto& where : world.nodes)
    late.push_back(world.open(where, {.id = other_channel}));
  CHECK(world.deliver(*late[0], world.nodes[1].id(), ping("x"))
        == errc::peer_lacks_channel);
  auto peer
      = world.join(world.nodes[0], 3, {world::echo_channel, other_channel});
  REQUIRE(peer->info);
  CHECK(peer->info->channels
        == std::vector<channel_id>{world::echo_channel, other_channel});
  CHECK(world.deliver(*late[0], world.id(3), ping("x")) == errc::none);
  CHECK(peer->got.size() == 1);
  // A new connection of the old peer has the channel.
  late[0]->wire.report(world.nodes[1].id(), errc::evicted, "start anew");
  world.advance(1min);
  REQUIRE(late[0]->sees(world.nodes[1].id()));
  CHECK(world.deliver(*late[0], world.nodes[1].id(), ping("new"))
        == errc::none);
  CHECK(late[1]->text() == "new");
}
