// SPDX-License-Identifier: Apache-2.0
//
// What becomes of peers that err, and of those that have to do with them.
#include <map>
#include <random>

#include <caf/send.hpp>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/tests/actors/router/dialing_node.hpp"
#include "troupe/tests/actors/router/mesh.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a peer that was reported goes down, and comes back later") {
  mesh world{3};
  auto& a = world.reactors[0];
  auto& b = world.reactors[1];
  const auto b_id = world.nodes[1].id();
  const auto first = a->last(b_id).generation;
  a->wire.report(b_id, blame::unexpected_message, "bad manners");
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

TEST_CASE("why a peer went down is told in words that spoil no line") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  SUBCASE("whatever ended its connection") {
    auto remote = world.join(where, 2);
    end_actor(caf::actor_cast<caf::actor>(remote->connection),
              caf::make_error(errc::timeout, "no pong\nin 45s\x1b[2J"));
    world.settle();
    CHECK(state->last(world.id(2)).reason == errc::timeout);
    CHECK(state->last(world.id(2)).text == "no pong in 45s [2J");
  }
  SUBCASE("or what a reactor says about it") {
    world.join(where, 2);
    state->wire.report(world.id(2), blame::unexpected_message,
                       std::string(9'900, 'x'));
    world.settle();
    CHECK(state->last(world.id(2)).reason == errc::unexpected_message);
    CHECK(state->last(world.id(2)).text
          == std::string(update_text_max, 'x') + "...");
  }
  SUBCASE("where there is nothing to add, nothing is") {
    auto remote = world.join(where, 2);
    remote->hang_up();
    world.settle();
    CHECK(state->last(world.id(2)).reason == errc::connection_closed);
    CHECK(state->last(world.id(2)).text.empty());
  }
}

TEST_CASE("a peer that errs goes down with the reason") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto peer = world.join(where, 2);
  state->on_message = [](const inbound_envelope&) -> caf::result<void> {
    return caf::make_error(blame::unexpected_message, "not today");
  };
  peer->send(world::echo_channel, wire_ping("x"));
  world.settle();
  CHECK(peer->reason() == errc::unexpected_message);
  CHECK(state->signs() == "+-");
  CHECK(state->last(world.id(2)).reason == errc::unexpected_message);
  REQUIRE(state->codes(node_event::kind::peer_error).size() == 1);
  CHECK(state->events.back().peer == world.id(2));
  CHECK(state->events.back().reason.find("not today") != std::string::npos);
}

TEST_CASE("a message that makes no sense costs its sender the "
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

TEST_CASE("a message that takes more memory than a connection has is refused "
          "before it is decoded") {
  world world;
  auto options = world.options(1);
  auto body = wire_ping(std::string(400'000, 'x'));
  // Fields that nobody knows: two bytes here, thirty-two once decoded.
  for (int i = 0; i < 100'000; ++i)
    for (auto x : {std::byte{0x48}, std::byte{1}})
      body.push_back(x);
  auto& memory = options.stream.receive.connection_memory;
  const auto fits = [&](bool expected) {
    auto where = world.spawn(options);
    auto state = world.open(
        where, {.id = world::echo_channel, .recv_message_capacity = 1'000'000});
    auto peer = world.join(where, 2);
    peer->send(world::echo_channel, body);
    world.settle();
    CHECK(peer->closed.has_value() == !expected);
    CHECK(state->got.size() == (expected ? 1 : 0));
    // It could not know.
    if (!expected)
      CHECK(peer->reason() == errc::over_budget);
  };
  SUBCASE("it is refused") {
    memory = 3'000'000;
    fits(false);
  }
  SUBCASE("it fits") {
    memory = 6'000'000;
    fits(true);
  }
}

TEST_CASE("messages on a channel that is not open are dropped and counted, "
          "unless the options say that they end the connection") {
  world world;
  auto options = world.options(1);
  SUBCASE("they are ignored") {
    auto where = world.spawn(options);
    auto state = world.open(where);
    auto peer = world.join(where, 2);
    for (int i = 0; i < 3; ++i)
      peer->send(0x55, wire_ping("x"));
    peer->send(world::echo_channel, wire_ping("y"));
    world.settle();
    CHECK_FALSE(peer->closed);
    CHECK(state->text() == "y");
    CHECK(world.dropped(0x55, direction::inbound, "unknown_channel") == 3);
    CHECK(state->codes(node_event::kind::peer_error).empty());
  }
  SUBCASE("they end the connection") {
    options.stream.receive.unknown_channel = unknown_channel_policy::disconnect;
    auto where = world.spawn(options);
    auto state = world.open(where);
    auto peer = world.join(where, 2);
    peer->send(0x55, wire_ping("x"));
    world.settle();
    CHECK(peer->reason() == errc::unknown_channel);
    CHECK(state->last(world.id(2)).reason == errc::unknown_channel);
  }
}

TEST_CASE("a peer whose connections find out what it does is banned in the "
          "end") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(
      where, {.id = world::echo_channel, .recv_message_capacity = 1000});
  for (int i = 0; i < 5; ++i) {
    auto peer = world.join(where, 2);
    peer->send(world::echo_channel, bytes(1001));
    world.settle();
    CHECK(peer->reason() == errc::oversized_message);
    CHECK(state->last(world.id(2)).reason == errc::oversized_message);
  }
  auto again = world.join(where, 2);
  CHECK(again->reason() == errc::banned);
  // Others are not concerned.
  CHECK_FALSE(world.join(where, 3)->closed);
}

TEST_CASE("a channel whose messages no connection could receive is refused") {
  world world;
  auto options = world.options(1);
  options.stream.receive.connection_memory = 2'000'000;
  auto where = world.spawn(options);
  auto state = world.open(
      where, {.id = world::echo_channel, .recv_message_capacity = 1'000'000});
  world.settle();
  REQUIRE(state->ended.has_value());
  CHECK(code_of(*state->ended, errc::none) == errc::invalid_channel);
  CHECK(text_of(*state->ended).find("connection_memory") != std::string::npos);
}

TEST_CASE("a reactor can answer and hang up") {
  for (auto through_channel : {true, false})
    for (auto reads : {true, false}) {
      CAPTURE(through_channel);
      CAPTURE(reads);
      world world;
      auto where = world.spawn(world.options(1));
      auto state = world.open(where);
      auto peer = world.join(where, 2);
      auto other = world.join(where, 3);
      constexpr size_t count = 100;
      const auto text = std::string(20'000, 'x');
      // More than the connection takes before the peer makes room.
      peer->reads = false;
      for (size_t i = 0; i < count; ++i)
        state->say(world.id(2), text);
      if (through_channel) {
        state->wire.disconnect(world.id(2));
      } else {
        // When the channel has passed everything on.
        world.settle();
        where.disconnect(world.id(2));
      }
      world.settle();
      CHECK_FALSE(peer->closed);
      // What comes now is too late.
      state->say(world.id(2), "too late");
      world.settle();
      if (reads) {
        peer->reads = true;
        caf::anon_send(caf::actor_cast<caf::actor>(peer->connection),
                       written_atom_v, size_t{10'000'000});
        world.settle();
        CHECK(peer->got.size() == count);
      } else {
        world.advance(4s);
        CHECK_FALSE(peer->closed);
        world.advance(1s);
        CHECK(peer->got.size() < count);
      }
      CHECK(peer->reason() == errc::hung_up);
      CHECK(state->last(world.id(2)).reason == errc::hung_up);
      CHECK_FALSE(other->closed);
    }
}

TEST_CASE("of a peer that errs many times on a connection only the first error "
          "counts") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto bad = world.join(where, 2);
  auto body = bytes{};
  SUBCASE("messages that cannot be decoded") {
    body = from_text("\xff\xff");
  }
  SUBCASE("messages that the reactor has no use for") {
    state->on_message = [](const inbound_envelope& in) {
      return in.match([](const echo::PongMessage&) {});
    };
    body = wire_ping("x");
  }
  for (int i = 0; i < 200; ++i)
    bad->send(world::echo_channel, body);
  world.settle();
  CHECK(bad->closed);
  CHECK(state->codes(node_event::kind::peer_error).size() == 1);
}

TEST_CASE("a peer that sends nonsense and hangs up at once is blamed all the "
          "same") {
  using nonsense = void (*)(world&, const recorder_ptr&, const node&);
  struct row {
    const char* name;
    size_t times; // Until it is banned.
    errc code;
    nonsense send;
  };
  const row rows[] = {
      {"that cannot be decoded", 5, errc::malformed_message,
       [](world& w, const recorder_ptr&, const node& where) {
         auto peer = w.join(where, 2);
         peer->send(world::echo_channel, from_text("\xff\xff"));
         peer->hang_up();
       }},
      {"that the reactor has no use for", 10, errc::unexpected_message,
       [](world& w, const recorder_ptr& state, const node& where) {
         state->on_message = [](const inbound_envelope& in) {
           return in.match([](const echo::PongMessage&) {});
         };
         auto peer = w.join(where, 2);
         peer->send(world::echo_channel, wire_ping("x"));
         peer->hang_up();
       }},
      {"that the reactor finds later", 10, errc::unexpected_message,
       [](world& w, const recorder_ptr& state, const node& where) {
         state->patient = true;
         auto peer = w.join(where, 2);
         peer->send(world::echo_channel, wire_ping("x"));
         peer->hang_up();
         w.settle();
         for (auto& promise : state->held)
           promise.deliver(caf::make_error(blame::unexpected_message));
         state->held.clear();
       }},
      {"right behind the handshake", 5, errc::malformed_message,
       [](world& w, const recorder_ptr&, const node& where) {
         auto peer = w.knock(where, w.id(2));
         peer->greet(w.id(2), w.info(2));
         peer->send(world::echo_channel, from_text("\xff\xff"));
         peer->hang_up();
       }},
  };
  for (const auto& row : rows)
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(row.name);
      CAPTURE(seed);
      world world{seed};
      auto where = world.spawn(world.options(1));
      auto state = world.open(where);
      for (size_t i = 0; i < row.times; ++i) {
        row.send(world, state, where);
        world.settle();
      }
      CHECK(state->codes(node_event::kind::peer_error)
            == std::vector<errc>(row.times, row.code));
      CHECK(world.join(where, 2)->reason() == errc::banned);
    }
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

TEST_CASE("reports that come too late do no harm") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto end = world.watch_end(caf::actor_cast<caf::actor>(where.router()));
  auto peer = world.join(where, 2);
  for (int i = 0; i < 3; ++i)
    state->wire.report(world.id(2), blame::unexpected_message, "again");
  peer->hang_up();
  world.settle();
  CHECK(state->signs() == "+-");
  // Straight to the router, about connections that are gone or never were.
  for (uint64_t generation = 0; generation < 3; ++generation)
    caf::anon_send(where.router(), errored_atom_v,
                   connection_ref{world.id(2), generation},
                   peer_error{.peer = world.id(2)});
  world.settle();
  CHECK_FALSE(end->has_value());
  auto fresh = world.join(where, 2);
  caf::anon_send(where.router(), errored_atom_v,
                 connection_ref{world.id(2), state->updates[0].generation},
                 peer_error{.peer = world.id(2)});
  world.settle();
  CHECK_FALSE(fresh->closed);
  CHECK(state->signs() == "+-+");
}

TEST_CASE("a peer that errs again and again is asked less and less "
          "often") {
  world world;
  auto [peer, echo] = world.echo_node(world.options(2));
  dialing_node uut{world, {2}};
  uut.state->on_update = [raw = uut.state.get(), id = peer.id()](auto& update) {
    if (update.status == peer_status::up)
      raw->wire.report(id, blame::unexpected_message, "no");
  };
  uut.state->on_update(uut.state->last(peer.id()));
  world.advance(1h);
  CHECK(uut.state->updates.size() > 4);
  CHECK(uut.state->updates.size() < 60);
}

TEST_CASE("whatever is reported whenever, nodes find together again") {
  constexpr uint8_t count = 4;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    world world{seed};
    std::vector<node> nodes;
    std::vector<recorder_ptr> states;
    for (uint8_t i = 1; i <= count; ++i) {
      auto [where, state] = world.echo_node(world.options(i, {1, 2, 3, 4}));
      nodes.push_back(where);
      states.push_back(state);
    }
    std::mt19937_64 random{seed};
    for (int i = 0; i < 60; ++i) {
      auto& from = *states[random() % count];
      const auto to = nodes[random() % count].id();
      if (random() % 3 == 0)
        from.wire.report(to, blame::unexpected_message, "a whim");
      else
        from.say(to, "chatter");
      world.step(random() % 40);
      if (random() % 4 == 0)
        world.advance(std::chrono::milliseconds{random() % 5000});
    }
    world.advance(30min);
    REQUIRE(world.running("troupe.memory-connection") == count * (count - 1));
    for (const auto& state : states) {
      std::map<node_id, peer_status> known;
      std::map<node_id, uint64_t> generations;
      for (const auto& update : state->updates) {
        REQUIRE(known[update.peer] != update.status);
        known[update.peer] = update.status;
        if (update.status == peer_status::up)
          REQUIRE(generations[update.peer] < update.generation);
        else
          REQUIRE(generations[update.peer] == update.generation);
        generations[update.peer] = update.generation;
      }
      REQUIRE(known.size() == count - 1);
      for (const auto& [id, status] : known)
        REQUIRE(status == peer_status::up);
    }
    for (const auto& state : states)
      state->got.clear();
    states[0]->shout("done");
    world.settle();
    REQUIRE(states[0]->text() == "done done done");
  }
}
