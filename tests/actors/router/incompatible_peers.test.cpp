// SPDX-License-Identifier: Apache-2.0
//
// Peers that do not fit, and what has to change until they are tried again.
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/store/memory_store.hpp"
#include "troupe/tests/actors/router/bad_handshakes.hpp"
#include "troupe/tests/actors/router/dialing_node.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Tells a node of an address that nobody vouches for.
void tell(world& w, const node& where, uint8_t number) {
  where.add_peer(*node_address::parse(world::address(number)));
  w.settle();
}

/// What a node says about its peers.
std::vector<peer_report> list(world& w, const node& where) {
  return w
      .ask<std::vector<peer_report>>(where.router(), list_atom_v, uint64_t{10})
      ->value.value_or(std::vector<peer_report>{});
}

peer_state state_of(world& w, const node& where) {
  auto all = list(w, where);
  REQUIRE(all.size() == 1);
  return all[0].state;
}

/// A node and a peer, 2, that it dialed and that was not there.
struct known_peer {
  explicit known_peer(world& w, node_options options)
    : uut(w, std::move(options)),
      remote(w.stand_in(w.id(2))) {
    remote->with = decoy::mood::refuse;
    tell(w, uut.where, 2);
    CHECK(remote->attempts == 1);
  }

  explicit known_peer(world& w) : known_peer(w, w.options(1)) {}

  dialing_node uut;
  decoy_ptr remote;
};

/// A peer comes in and says something about itself that does not fit.
void come_in(world& w, const node& where, uint8_t number,
             std::vector<channel_id> channels) {
  auto remote = w.knock(where, w.id(number));
  remote->greet(w.id(number), w.info(number, std::move(channels)));
  w.settle();
  CHECK(remote->reason() == errc::no_common_channel);
}

} // namespace

TEST_CASE("a peer that comes in and does not fit is not dialed any more") {
  world world;
  known_peer peer{world};
  CHECK(state_of(world, peer.uut.where) == peer_state::backing_off);
  come_in(world, peer.uut.where, 2, {0x55});
  CHECK(state_of(world, peer.uut.where) == peer_state::incompatible);
  // Who it was stands in the event, too.
  CHECK(peer.uut.state->events.back().peer == world.id(2));
  const auto before = peer.remote->attempts;
  world.advance(24h);
  CHECK(peer.remote->attempts == before);
  // It has changed, and says so.
  world.join(peer.uut.where, 2);
  CHECK(peer.uut.state->sees(world.id(2)));
}

TEST_CASE("strangers that do not fit are not remembered, and who has "
          "proven nothing harms nobody") {
  world world;
  known_peer peer{world};
  come_in(world, peer.uut.where, 3, {0x55});
  CHECK(list(world, peer.uut.where).size() == 1);
  for (const auto& row : bad_handshakes()) {
    if (is_incompatibility(row.inbound))
      continue;
    CAPTURE(row.name);
    auto remote = world.knock(peer.uut.where, world.id(2));
    row.act(world, *remote);
    world.settle();
    CHECK(state_of(world, peer.uut.where) != peer_state::incompatible);
  }
}

TEST_CASE("what the handshake of a dial came to decides what becomes of "
          "the peer, whatever it was") {
  auto rows = bad_handshakes();
  rows.push_back(
      {"another node than the one dialed", errc::none, errc::unexpected_peer,
       [](world& w, puppet& remote) { remote.greet(w.id(9), w.info(9)); }});
  for (const auto& row : rows) {
    CAPTURE(row.name);
    world world;
    auto target = world.stand_in(world.id(2));
    dialing_node uut{world, {}};
    tell(world, uut.where, 2);
    REQUIRE(target->dials.size() == 1);
    row.act(world, *target->dials[0]);
    world.settle();
    CHECK(dial_failures(*uut.state) == std::vector{row.outbound});
    auto found = list(world, uut.where);
    if (row.outbound == errc::self_connection
        || row.outbound == errc::unexpected_peer) {
      // It never led to that peer, and nothing else is known of it.
      CHECK(found.empty());
      continue;
    }
    REQUIRE(found.size() == 1);
    const auto fits = !is_incompatibility(row.outbound);
    CHECK(found[0].state
          == (fits ? peer_state::backing_off : peer_state::incompatible));
    CHECK(found[0].addresses.at(0).failures == (fits ? 1 : 0));
  }
}

TEST_CASE("a channel that opens gives those another chance that had none in "
          "common") {
  world world;
  known_peer peer{world};
  come_in(world, peer.uut.where, 2, {world::other_channel});
  CHECK(state_of(world, peer.uut.where) == peer_state::incompatible);
  const auto before = peer.remote->attempts;
  auto second = world.open(peer.uut.where, {.id = world::other_channel});
  world.advance(1s);
  CHECK(peer.remote->attempts > before);
  CHECK(state_of(world, peer.uut.where) != peer_state::incompatible);
  // And so does one that closes, as less may be asked for then.
  come_in(world, peer.uut.where, 2, {0x55});
  world.release(*second);
  end_actor(caf::actor_cast<caf::actor>(second->self),
            caf::make_error(errc::shutting_down));
  world.settle();
  CHECK(state_of(world, peer.uut.where) != peer_state::incompatible);
}

TEST_CASE("what was found out in vain is not held against a peer: a channel "
          "opened during the handshake") {
  world world;
  known_peer peer{world};
  peer.remote->with = decoy::mood::accept;
  world.advance(1s);
  REQUIRE(peer.remote->dials.size() == 1);
  auto inbound = world.knock(peer.uut.where, world.id(2));
  world.open(peer.uut.where, {.id = world::other_channel});
  auto info = world.info(2, {world::other_channel});
  inbound->greet(world.id(2), info);
  peer.remote->dials[0]->greet(world.id(2), info);
  world.settle();
  CHECK(state_of(world, peer.uut.where) == peer_state::backing_off);
  // The next handshake begins with what we are now.
  world.advance(10s);
  REQUIRE(peer.remote->dials.size() == 2);
  peer.remote->dials[1]->greet(world.id(2), info);
  world.settle();
  CHECK(peer.uut.state->sees(world.id(2)));
}

TEST_CASE("a restart with another configuration gives another chance, and one "
          "with the same does not") {
  for (const auto* network : {"test", "other"}) {
    CAPTURE(network);
    world world;
    auto store = std::make_shared<memory_store>();
    {
      auto options = world.options(1);
      options.store = store;
      known_peer peer{world, options};
      come_in(world, peer.uut.where, 2, {0x55});
      peer.uut.where.stop();
      world.advance(1min);
    }
    auto options = world.options(1);
    options.store = store;
    options.network = network;
    dialing_node second{world, options};
    world.settle();
    CHECK((state_of(world, second.where) == peer_state::incompatible)
          == (options.network == "test"));
  }
}
