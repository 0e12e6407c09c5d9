// SPDX-License-Identifier: Apache-2.0

// What a reactor does with its node, without knowing actors and atoms of ours.

#include <algorithm>

#include <caf/event_based_actor.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Asks a node something from within an actor, as a reactor would.
template <class T, class Question>
answer<T> answered(world& world, Question ask) {
  auto result = std::make_shared<answer<T>>();
  world.sys().spawn([=](caf::event_based_actor* self) {
    auto failed = [result](const caf::error& e) { result->error = e; };
    if constexpr (std::is_same_v<T, caf::unit_t>)
      ask(self).then([result] { result->value = caf::unit; }, failed);
    else
      ask(self).then([result](const T& x) { result->value = x; }, failed);
  });
  world.settle();
  return *result;
}

/// What an actor that asked for all updates has got.
struct listener {
  std::vector<peer_update> updates = {};
  caf::event_based_actor* self = nullptr;

  [[nodiscard]] std::vector<peer_status> statuses() const {
    std::vector<peer_status> result;
    for (const auto& update : updates)
      result.push_back(update.status);
    return result;
  }
};

template <class Subscribe>
std::shared_ptr<listener> listen(world& world, Subscribe subscribe) {
  auto result = std::make_shared<listener>();
  world.spawn_guest([=](caf::event_based_actor* self) -> caf::behavior {
    result->self = self;
    subscribe(self);
    return {
        [=](const peer_update& update) { result->updates.push_back(update); },
    };
  });
  world.settle();
  return result;
}

/// A node with one peer.
struct visited {
  visited() {
    reactor = world.open(home);
    peer = world.join(home, 2);
  }

  test::world world;
  node home = world.spawn(world.options(1));
  recorder_ptr reactor;
  puppet_ptr peer;
  node_id who = test::world::id(2);
};

std::vector<peer_status> statuses(std::initializer_list<peer_status> xs) {
  return xs;
}

} // namespace

TEST_CASE_FIXTURE(visited, "who subscribes to all updates hears of scores and "
                           "bans, too, until it unsubscribes") {
  auto all = listen(world, [&](auto* self) { home.subscribe_to_all(self); });
  auto some = listen(world, [&](auto* self) { home.subscribe(self); });
  CHECK(all->statuses() == statuses({peer_status::up}));
  home.report(who, peer_behaviour::useful_block);
  home.report(who, peer_behaviour::spam);
  world.settle();
  CHECK(all->statuses()
        == statuses({peer_status::up, peer_status::good, peer_status::bad}));
  home.ban(who, 1h, "enough");
  world.advance(1s);
  CHECK(std::ranges::count(all->statuses(), peer_status::banned) == 1);
  CHECK(some->statuses() == statuses({peer_status::up, peer_status::down}));
  home.unsubscribe(all->self);
  world.settle();
  const auto before = all->updates.size();
  world.join(home, 3);
  CHECK(some->updates.size() == 3);
  CHECK(all->updates.size() == before);
}

TEST_CASE("a reactor learns what a peer says about itself, and whether the "
          "configuration names it") {
  test::world world;
  auto options = world.options(1);
  options.unconditional_peers = {to_string(test::world::id(3))};
  auto home = world.spawn(options);
  auto reactor = world.open(home);
  world.join(home, 2);
  world.join(home, 3);
  const auto stranger = reactor->last(test::world::id(2));
  CHECK(stranger.info.version == options.version);
  CHECK(stranger.info.listen_addr == "tcp://0.0.0.0:0");
  CHECK_FALSE(stranger.kept);
  CHECK(reactor->last(test::world::id(3)).kept);
}

TEST_CASE("a reactor learns how many addresses are new, and how full the node "
          "is") {
  test::world world;
  auto options = world.options(1);
  options.max_connected = 4;
  options.max_connected_upgrade = 0;
  options.max_peers = 10;
  auto home = world.spawn(options);
  auto reactor = world.open(home);
  std::vector<node_address> told;
  for (uint8_t number : {2, 3, 3, 4, 5, 6})
    told.push_back(*node_address::parse(test::world::address(number)));
  auto add = [&](auto* self) { return home.add_peers(self, told, node_id{}); };
  CHECK(*answered<uint64_t>(world, add).value == 5);
  CHECK(*answered<uint64_t>(world, add).value == 0);
  auto ask = [&](auto* self) { return home.fullness(self); };
  CHECK(*answered<double>(world, ask).value == doctest::Approx(0.5));
}

TEST_CASE_FIXTURE(visited, "what a reactor reports as fatal costs the peer its "
                           "connection") {
  home.report(who, peer_behaviour::false_proof);
  world.settle();
  CHECK(peer->closed.has_value());
}

TEST_CASE_FIXTURE(visited, "a banned peer is kept out until the ban ends") {
  home.ban(who, 1h, "enough");
  world.settle();
  CHECK(peer->closed.has_value());
  CHECK(world.join(home, 2)->closed.has_value());
  CHECK_FALSE(reactor->sees(who));
  home.unban(who);
  world.advance(1min);
  auto again = world.join(home, 2);
  CHECK(reactor->sees(who));
}

TEST_CASE_FIXTURE(visited, "a snapshot has the peers that are up") {
  auto found = answered<std::vector<peer_update>>(
      world, [this](auto* self) { return home.snapshot(self); });
  REQUIRE(found.value);
  REQUIRE(found.value->size() == 1);
  CHECK(found.value->front().peer == who);
  CHECK(found.value->front().status == peer_status::up);
}

TEST_CASE_FIXTURE(visited, "a node describes its peers, connected ones first, "
                           "and no more than were asked for") {
  home.add_peer(*node_address::parse(world::address(9)));
  auto found = answered<std::vector<peer_report>>(
      world, [this](auto* self) { return home.peers(self); });
  REQUIRE(found.value);
  REQUIRE(found.value->size() == 2);
  CHECK(found.value->at(0).peer == who);
  CHECK(found.value->at(0).state == peer_state::up);
  CHECK(found.value->at(1).peer == world::id(9));
  found = answered<std::vector<peer_report>>(
      world, [this](auto* self) { return home.peers(self, 1); });
  REQUIRE(found.value);
  CHECK(found.value->size() == 1);
}

TEST_CASE_FIXTURE(visited, "a node tells who a peer says it is, and what it "
                           "has sent") {
  const auto body = wire_ping("hello");
  peer->send(world::echo_channel, body);
  world.settle();
  auto found = answered<std::vector<peer_report>>(
      world, [this](auto* self) { return home.peers(self); });
  REQUIRE(found.value);
  auto report = found.value->at(0);
  REQUIRE(report.info);
  CHECK(report.info->moniker == world.info(2).moniker);
  CHECK(report.traffic.channels
        == std::vector<channel_traffic>{
            {.channel = world::echo_channel, .received_bytes = body.size()}});
  CHECK_FALSE(report.traffic.rtt);
}

TEST_CASE_FIXTURE(visited, "who dials a peer can learn why that cannot be") {
  auto target = world.stand_in(world::id(3));
  auto dial = [this](uint8_t number) {
    const auto to = *node_address::parse(world::address(number));
    return answered<caf::unit_t>(
        world, [this, to](auto* self) { return home.dial(self, to); });
  };
  CHECK(dial(2).code() == errc::already_connected);
  CHECK(dial(1).code() == errc::self_connection);
  CHECK(dial(3).value);
  CHECK(target->attempts == 1);
  auto other = world.stand_in(world::id(4));
  home.dial(*node_address::parse(world::address(4)));
  world.settle();
  CHECK(other->attempts == 1);
}

TEST_CASE_FIXTURE(visited, "a node says where it listens") {
  auto found = answered<std::vector<endpoint>>(
      world, [this](auto* self) { return home.endpoints(self); });
  REQUIRE(found.value);
  REQUIRE(found.value->size() == 1);
  CHECK(found.value->front().path == to_string(home.id()));
}
