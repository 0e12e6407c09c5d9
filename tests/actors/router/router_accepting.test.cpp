// SPDX-License-Identifier: Apache-2.0
//
// Whom a node lets in, and what it does with those that it does not.
//
// Filters and limits are in router_limits, what a listening socket does in
// transport/tcp/mconn_transport and mconn_node.
#include <caf/send.hpp>

#include "troupe/tests/actors/router/bad_handshakes.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("only a remote that proves who it is and fits gets in") {
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

TEST_CASE("a transport that is closed ends accepting, and nothing "
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

TEST_CASE("remotes that hang in the handshake do not keep others "
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

TEST_CASE("a silent remote loses its slot at the handshake timeout") {
  world world;
  auto options = world.options(1);
  options.handshakes.max = 1;
  options.handshake_timeout = 3s;
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto silent = world.knock(where, world.id(2));
  // Who finds no slot does not wait for one.
  CHECK(world.join(where, 3)->reason() == errc::rate_limited);
  CHECK(state->updates.empty());
  world.advance(2999ms);
  CHECK_FALSE(silent->closed);
  world.advance(1ms);
  CHECK(silent->reason() == errc::timeout);
  world.join(where, 3);
  CHECK(state->sees(world.id(3)));
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
