// SPDX-License-Identifier: Apache-2.0

// Dialing, accepting, handshakes and evictions of a node.
//
// Rows of the checklist that are not here: RT-18 and RT-19 are in
// router_limits. RT-20 needs queue types, which do not exist yet. RT-21G is
// about a listening socket that fails: transport/mconn_transport.

#include <caf/send.hpp>

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using mood = decoy::mood;

/// How a remote can behave in a handshake, and what we make of it.
struct remote_behavior {
  std::string name;
  errc inbound;
  errc outbound;
  std::function<void(world&, puppet&)> act;
};

/// All of them as the node 2.
std::vector<remote_behavior> bad_handshakes() {
  auto lie = [](auto change) {
    return [=](world& w, puppet& remote) {
      auto info = w.info(2);
      change(info);
      remote.greet(w.id(2), info);
    };
  };
  return {
      {"empty info", errc::invalid_node_info, errc::invalid_node_info,
       [](world& w, puppet& remote) { remote.greet(w.id(2), {}); }},
      {"an ID that does not belong to the key", errc::identity_mismatch,
       errc::identity_mismatch,
       lie([](node_info& x) { x.node_id = to_string(world::id(9)); })},
      {"our own key", errc::self_connection, errc::self_connection,
       [](world& w, puppet& remote) { remote.greet(w.id(1), w.info(1)); }},
      {"another network", errc::wrong_network, errc::wrong_network,
       lie([](node_info& x) { x.network = "other"; })},
      {"another block version", errc::wrong_block_version,
       errc::wrong_block_version,
       lie([](node_info& x) { x.versions.block = 10; })},
      {"RT-16: no common channel", errc::no_common_channel,
       errc::no_common_channel, lie([](node_info& x) { x.channels = {0x55}; })},
      {"more channels than allowed", errc::invalid_node_info,
       errc::invalid_node_info, lie([](node_info& x) {
         x.channels = std::vector<channel_id>(17, 0x70);
       })},
      {"hanging up", errc::connection_closed, errc::connection_closed,
       [](world&, puppet& remote) { remote.hang_up(); }},
      {"silence", errc::timeout, errc::timeout,
       [](world& w, puppet&) { w.advance(10s); }},
  };
}

std::vector<errc> refusals(const recorder& state) {
  return state.codes(node_event::kind::refused);
}

std::vector<errc> dial_failures(const recorder& state) {
  return state.codes(node_event::kind::dial_failed);
}

/// A node that dials all of `peers` once it runs, and its reactor.
struct dialing_node {
  dialing_node(world& w, std::vector<uint8_t> peers)
    : dialing_node(w, w.options(1, std::move(peers))) {}

  dialing_node(world& w, node_options options)
    : where(w.spawn(std::move(options))),
      state(w.open(where)) {}

  node where;
  recorder_ptr state;
};

} // namespace

// -- channels -----------------------------------------------------------------

TEST_CASE("RT-03: a node without transports opens each channel once") {
  world world;
  auto options = world.options(1);
  options.memory = nullptr;
  auto where = world.spawn(std::move(options));
  auto first = world.open(where);
  auto again = world.open(where);
  auto other = world.open(where, {.id = 0x71});
  CHECK_FALSE(first->ended);
  CHECK_FALSE(other->ended);
  REQUIRE(again->ended);
  CHECK(*again->ended == errc::duplicate_channel);
  CHECK_FALSE(again->wire.actor());
  CHECK(first->wire.actor());
  CHECK(world.running("troupe.channel") == 2);
}

TEST_CASE("a bad descriptor ends the channel with the name of the field") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where, {.id = 0x70, .delivery_window = 0});
  REQUIRE(state->ended);
  CHECK(*state->ended == errc::invalid_channel);
  CHECK(text_of(*state->ended).find("delivery_window") != std::string::npos);
  CHECK_FALSE(world.open(where)->ended);
}

TEST_CASE("a node has as many channels as a node info may list") {
  world world;
  auto where = world.spawn(world.options(1));
  for (size_t i = 0; i < max_node_info_channels; ++i)
    CHECK_FALSE(world.open(where, {.id = static_cast<channel_id>(i)})->ended);
  auto last = world.open(where, {.id = 0x70});
  REQUIRE(last->ended);
  CHECK(*last->ended == errc::invalid_channel);
}

TEST_CASE("a channel that was closed can be opened again") {
  world world;
  auto where = world.spawn(world.options(1));
  auto first = world.open(where);
  auto old = world.join(where, 2);
  SUBCASE("because its reactor failed") {
    end_actor(caf::actor_cast<caf::actor>(first->self),
              caf::make_error(caf::sec::runtime_error));
  }
  SUBCASE("because its reactor was done") {
    first->on_message = [&](const inbound_envelope&) -> caf::result<void> {
      first->self->quit();
      return caf::unit;
    };
    old->send(world::echo_channel, wire_ping("go"));
  }
  world.settle();
  REQUIRE(first->ended);
  CHECK(world.running("troupe.channel") == 0);
  auto second = world.open(where);
  CHECK_FALSE(second->ended);
  CHECK(second->sees(world.id(2)));
  // The connection has the old channel, which nobody serves any more.
  old->send(world::echo_channel, wire_ping("old"));
  auto fresh = world.join(where, 3);
  fresh->send(world::echo_channel, wire_ping("new"));
  world.settle();
  CHECK(second->text() == "new");
  CHECK_FALSE(old->closed);
}

// -- accepting ----------------------------------------------------------------

TEST_CASE("RT-10: only a remote that proves who it is and fits gets in") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  std::vector<errc> expected;
  for (const auto& row : bad_handshakes()) {
    CAPTURE(row.name);
    auto remote = world.knock(where, world.id(2));
    CHECK(remote->info);
    row.act(world, *remote);
    world.settle();
    REQUIRE(remote->closed);
    if (row.inbound != errc::connection_closed)
      CHECK(remote->reason() == row.inbound);
    expected.push_back(row.inbound);
    CHECK(refusals(*state) == expected);
  }
  CHECK(state->updates.empty());
  CHECK(world.running("troupe.memory-connection") == 0);
  auto remote = world.join(where, 2);
  CHECK(state->sees(world.id(2)));
  CHECK_FALSE(remote->closed);
  const auto up = state->last(world.id(2));
  CHECK(up.way == direction::inbound);
  CHECK(up.info.moniker == "node-2");
  CHECK(up.info.channels == std::vector<channel_id>{world::echo_channel});
}

TEST_CASE("a second connection of a connected peer is refused") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto first = world.join(where, 2);
  auto second = world.join(where, 2);
  CHECK(second->reason() == errc::already_connected);
  CHECK(refusals(*state) == std::vector{errc::already_connected});
  CHECK(state->signs() == "+");
  first->send(world::echo_channel, wire_ping("still here"));
  world.settle();
  CHECK(state->text() == "still here");
}

TEST_CASE("a full node refuses, and takes the next one when somebody left") {
  world world;
  auto options = world.options(1);
  options.max_connected = 1;
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto first = world.join(where, 2);
  auto second = world.join(where, 3);
  CHECK(second->reason() == errc::too_many_peers);
  first->hang_up();
  world.settle();
  CHECK(state->last(world.id(2)).reason == errc::connection_closed);
  auto third = world.join(where, 3);
  CHECK_FALSE(third->closed);
  CHECK(state->signs() == "+-+");
}

TEST_CASE("RT-11: a transport that is closed ends accepting, and nothing "
          "else") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto peer = world.join(where, 2);
  caf::anon_send(world.transport_of(where), caf::close_atom_v);
  world.advance(1min);
  CHECK_FALSE(world.transport_of(where));
  peer->send(world::echo_channel, wire_ping("still"));
  world.settle();
  CHECK(state->text() == "still");
  auto dialed = world.stand_in(world.id(3));
  where.add_peer(*node_address::parse(world.address(3)));
  world.settle();
  CHECK(dialed->attempts == 1);
}

TEST_CASE("a transport that ends takes the node down with its reason") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto bystander = world.watch(where);
  auto peer = world.join(where, 2);
  auto end = world.watch_end(caf::actor_cast<caf::actor>(where.router()));
  end_actor(world.transport_of(where), caf::make_error(errc::cannot_listen));
  world.settle();
  REQUIRE(end->has_value());
  CHECK(**end == errc::cannot_listen);
  CHECK(peer->closed);
  CHECK(state->ended);
  CHECK(bystander->signs() == "+-");
}

TEST_CASE("RT-12: remotes that hang in the handshake do not keep others "
          "waiting") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  std::vector<puppet_ptr> silent;
  for (uint8_t i = 2; i <= 4; ++i)
    silent.push_back(world.knock(where, world.id(i)));
  for (const auto& remote : silent)
    CHECK(remote->info); // Accepted, and greeted.
  auto quick = world.join(where, 5);
  CHECK(state->sees(world.id(5)));
  world.advance(9999ms);
  for (const auto& remote : silent)
    CHECK_FALSE(remote->closed);
  world.advance(1ms);
  for (const auto& remote : silent)
    CHECK(remote->reason() == errc::timeout);
  CHECK_FALSE(quick->closed);
}

TEST_CASE("RT-22G: a silent remote loses its slot at the handshake timeout") {
  world world;
  auto options = world.options(1);
  options.handshakes.max = 1;
  options.handshake_timeout = 3s;
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto silent = world.knock(where, world.id(2));
  // T-43: who finds no slot does not wait for one.
  CHECK(world.join(where, 3)->reason() == errc::rate_limited);
  CHECK(state->updates.empty());
  world.advance(2999ms);
  CHECK_FALSE(silent->closed);
  world.advance(1ms);
  CHECK(silent->reason() == errc::timeout);
  world.join(where, 3);
  CHECK(state->sees(world.id(3)));
}

// -- dialing ------------------------------------------------------------------

TEST_CASE("RT-13: a dial ends with a peer, or fails with the reason, and is "
          "repeated") {
  auto rows = bad_handshakes();
  rows.push_back(
      {"another node than the one dialed", errc::none, errc::unexpected_peer,
       [](world& w, puppet& remote) { remote.greet(w.id(9), w.info(9)); }});
  for (const auto& row : rows) {
    CAPTURE(row.name);
    world world;
    auto target = world.stand_in(world.id(2));
    dialing_node uut{world, {2}};
    REQUIRE(target->dials.size() == 1);
    auto& remote = *target->dials[0];
    CHECK(remote.info);
    row.act(world, remote);
    world.settle();
    CHECK(remote.closed);
    CHECK(dial_failures(*uut.state) == std::vector{row.outbound});
    REQUIRE_FALSE(uut.state->events.empty());
    const auto& event = uut.state->events.back();
    CHECK(to_string(event.address) == world.address(2));
    CHECK_FALSE(event.reason.empty());
    CHECK(uut.state->updates.empty());
    world.advance(5min);
    CHECK(target->attempts > 1);
  }
}

TEST_CASE("a dialed peer that fits is up") {
  world world;
  auto target = world.stand_in(world.id(2));
  dialing_node uut{world, {2}};
  REQUIRE(target->dials.size() == 1);
  target->dials[0]->greet(world.id(2), world.info(2));
  world.settle();
  REQUIRE(uut.state->sees(world.id(2)));
  CHECK(uut.state->last(world.id(2)).way == direction::outbound);
  CHECK(dial_failures(*uut.state).empty());
  world.advance(1h);
  CHECK(target->attempts == 1);
}

TEST_CASE("an address that nobody answers fails the dial") {
  world world;
  SUBCASE("because there is nobody") {
    dialing_node uut{world, {2}};
    CHECK(dial_failures(*uut.state) == std::vector{errc::connection_refused});
  }
  SUBCASE("because it refuses") {
    auto target = world.stand_in(world.id(2));
    target->with = mood::refuse;
    dialing_node uut{world, {2}};
    CHECK(dial_failures(*uut.state) == std::vector{errc::connection_refused});
  }
  SUBCASE("because it swallows what it gets") {
    auto target = world.stand_in(world.id(2));
    target->with = mood::ignore;
    dialing_node uut{world, {2}};
    world.advance(2999ms);
    CHECK(dial_failures(*uut.state).empty());
    world.advance(1ms);
    CHECK(dial_failures(*uut.state) == std::vector{errc::timeout});
  }
}

TEST_CASE("RT-14: dials that hang do not delay each other") {
  world world;
  auto first = world.stand_in(world.id(2));
  auto second = world.stand_in(world.id(3));
  auto third = world.stand_in(world.id(4));
  third->with = mood::ignore;
  auto [last, state] = world.echo_node(world.options(5));
  dialing_node uut{world, {2, 3, 4, 5}};
  CHECK(first->attempts == 1);
  CHECK(second->attempts == 1);
  CHECK(third->attempts == 1);
  CHECK(uut.state->sees(last.id()));
  CHECK(dial_failures(*uut.state).empty());
  world.advance(10s);
  auto failures = dial_failures(*uut.state);
  CHECK(std::count(failures.begin(), failures.end(), errc::timeout) >= 3);
  CHECK(uut.state->sees(last.id()));
}

TEST_CASE("no more dials run at once than the options say") {
  world world;
  std::vector<decoy_ptr> targets;
  for (uint8_t i = 2; i <= 4; ++i)
    targets.push_back(world.stand_in(world.id(i)));
  auto options = world.options(1, {2, 3, 4});
  options.max_dials = 1;
  dialing_node uut{world, std::move(options)};
  auto attempts = [&] {
    size_t sum = 0;
    for (const auto& target : targets)
      sum += target->attempts;
    return sum;
  };
  CHECK(attempts() == 1);
  world.advance(9s);
  CHECK(attempts() == 1);
  world.advance(1s);
  CHECK(attempts() == 2);
  world.advance(20s);
  CHECK(attempts() >= 4);
}

TEST_CASE("T-37: a node that dials itself does not go on for ever") {
  world world;
  dialing_node uut{world, {}};
  uut.where.add_peer(*node_address::parse(world.address(1)));
  world.advance(1min);
  CHECK(uut.state->updates.empty());
  CHECK(dial_failures(*uut.state).empty());
  CHECK(refusals(*uut.state).empty());
}

// -- both at once -------------------------------------------------------------

TEST_CASE("PM-79G, T-18: two nodes that dial each other end up with one "
          "connection, and keep it") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    world world{seed};
    dialing_node a{world, world.options(1, {2})};
    dialing_node b{world, world.options(2, {1})};
    world.advance(1min);
    REQUIRE(a.state->sees(b.where.id()));
    REQUIRE(b.state->sees(a.where.id()));
    REQUIRE(world.running("troupe.memory-connection") == 2);
    REQUIRE(world.running("troupe.peer-sender") == 2);
    REQUIRE(world.running("troupe.peer-receiver") == 2);
    auto seen = a.state->updates.size();
    world.advance(10min);
    REQUIRE(a.state->updates.size() == seen);
    a.state->say(b.where.id(), "there");
    b.state->say(a.where.id(), "back");
    world.settle();
    REQUIRE(b.state->text() == "there");
    REQUIRE(a.state->text() == "back");
  }
}

TEST_CASE("a remote that leaves at any moment of its admission leaves nothing "
          "behind") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    world world{seed};
    auto where = world.spawn(world.options(1));
    auto state = world.open(where);
    auto remote = world.knock(where, world.id(2));
    remote->greet(world.id(2), world.info(2));
    world.step(seed % 25);
    remote->hang_up();
    world.settle();
    REQUIRE(remote->closed);
    REQUIRE_FALSE(state->sees(world.id(2)));
    REQUIRE(state->signs() == (state->updates.empty() ? "" : "+-"));
    REQUIRE(world.running("troupe.memory-connection") == 0);
    REQUIRE(world.running("troupe.peer-sender") == 0);
    REQUIRE(world.running("troupe.peer-receiver") == 0);
    // Its place is free.
    world.join(where, 2);
    REQUIRE(state->sees(world.id(2)));
  }
}

TEST_CASE("RT-15: a peer that errs goes down with the reason") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto peer = world.join(where, 2);
  state->on_message = [](const inbound_envelope&) -> caf::result<void> {
    return caf::make_error(errc::unexpected_message, "not today");
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

TEST_CASE("T-16: reports that come too late do no harm") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto end = world.watch_end(caf::actor_cast<caf::actor>(where.router()));
  auto peer = world.join(where, 2);
  for (int i = 0; i < 3; ++i)
    state->wire.report(world.id(2), errc::unexpected_message, "again");
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

TEST_CASE("T-33: a peer that errs again and again is asked less and less "
          "often") {
  world world;
  auto [peer, echo] = world.echo_node(world.options(2));
  dialing_node uut{world, {2}};
  uut.state->on_update = [raw = uut.state.get(), id = peer.id()](auto& update) {
    if (update.status == peer_status::up)
      raw->wire.report(id, errc::unexpected_message, "no");
  };
  uut.state->on_update(uut.state->last(peer.id()));
  world.advance(1h);
  CHECK(uut.state->updates.size() > 4);
  CHECK(uut.state->updates.size() < 60);
}

TEST_CASE("T-16: whatever is reported whenever, nodes find together again") {
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
        from.wire.report(to, errc::unexpected_message, "a whim");
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
