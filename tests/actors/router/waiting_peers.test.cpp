// SPDX-License-Identifier: Apache-2.0

// Who has to wait, and who is told of it.

#include "dialing_node.hpp"
#include "troupe/peerstore/store/memory_store.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::vector<node_event> waits(const recorder& state) {
  std::vector<node_event> result;
  for (const auto& event : state.events)
    if (event.what == node_event::kind::peer_waiting)
      result.push_back(event);
  return result;
}

} // namespace

TEST_CASE(
    "a node says which peer has to wait for more than a second, and why") {
  world world;
  auto there = world.stand_in(world.id(2));
  dialing_node us{world, {2}};
  REQUIRE(there->dials.size() == 1);
  there->dials[0]->greet(world.id(2), world.info(2));
  world.settle();
  REQUIRE(us.state->sees(world.id(2)));
  CHECK(waits(*us.state).empty());
  there->dials[0]->hang_up();
  world.settle();
  auto seen = waits(*us.state);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].peer == world.id(2));
  CHECK(seen[0].wait == duration{2s});
  CHECK(seen[0].reason.find("after its connection ended") != std::string::npos);
}

TEST_CASE("what a node stores when it stops says nothing against peers that it "
          "left, or was about to reach") {
  world world;
  auto left = world.stand_in(world.id(2));
  auto dialed = world.stand_in(world.id(3));
  auto greeted = world.stand_in(world.id(4));
  dialed->with = decoy::mood::ignore;
  auto disk = std::make_shared<memory_store>();
  auto options = world.options(1, {2});
  options.store = disk;
  options.clock = std::make_shared<system_wall_clock>();
  dialing_node us{world, std::move(options)};
  REQUIRE(left->dials.size() == 1);
  left->dials[0]->greet(world.id(2), world.info(2));
  world.settle();
  REQUIRE(us.state->sees(world.id(2)));
  for (uint8_t number : {3, 4}) {
    caf::anon_send(us.where.router(), caf::add_atom_v,
                   *node_address::parse(world.address(number)));
    world.settle();
  }
  REQUIRE(dialed->attempts == 1);
  REQUIRE(greeted->dials.size() == 1);
  caf::anon_send_exit(us.where.router(), caf::exit_reason::user_shutdown);
  world.settle();
  auto stored = disk->load();
  REQUIRE(stored);
  CHECK(stored->peers.size() == 3);
  for (const auto& peer : stored->peers) {
    CAPTURE(to_string(peer.id));
    CHECK(peer.short_connections == 0);
    CHECK_FALSE(peer.dialable_at);
    for (const auto& address : peer.addresses) {
      CHECK(address.failures == 0);
      CHECK_FALSE(address.retry_at);
    }
  }
}
