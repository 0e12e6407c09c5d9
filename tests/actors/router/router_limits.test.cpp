// SPDX-License-Identifier: Apache-2.0

// Who gets as far as a handshake, and who as far as the peer manager. What the
// IP address decides needs sockets: transport/accept_limits.

#include <caf/typed_event_based_actor.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A filter that never answers.
ip_filter_actor spawn_deaf_filter(world& w) {
  auto behave
      = [](ip_filter_actor::pointer self) -> ip_filter_actor::behavior_type {
    auto asked
        = std::make_shared<std::vector<caf::typed_response_promise<void>>>();
    return {
        [asked, self](filter_atom, const endpoint&) -> caf::result<void> {
          return asked->emplace_back(self->make_response_promise<void>());
        },
    };
  };
  return w.guard(w.sys().spawn(behave));
}

} // namespace

TEST_CASE("who does not pass the IP filter gets no handshake") {
  world world;
  auto calls = std::make_shared<std::vector<std::string>>();
  auto options = world.options(1);
  options.ip_filter
      = spawn_ip_filter(world.sys(), [calls](const endpoint& where) -> failure {
          calls->push_back(where.path);
          if (where.path == to_string(world::id(2)))
            return {errc::filtered, "no"};
          return {};
        });
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto refused = world.join(where, 2);
  CHECK(*calls == std::vector{to_string(world.id(2))});
  CHECK_FALSE(refused->info); // Not a word was said to it.
  CHECK(refused->reason() == errc::filtered);
  CHECK(refusals(*state) == std::vector{errc::filtered});
  CHECK(state->updates.empty());
  auto welcome = world.join(where, 3);
  CHECK(state->sees(world.id(3)));
  CHECK(calls->size() == 2);
}

TEST_CASE("who does not pass the ID filter is closed after the "
          "handshake, without an update") {
  world world;
  auto options = world.options(1, {4, 5});
  options.id_filter = spawn_id_filter(
      world.sys(), [](const node_id& id, const endpoint&) -> failure {
        if (id == world::id(2) || id == world::id(4))
          return {errc::filtered, "no"};
        return {};
      });
  auto four = world.stand_in(world.id(4));
  auto five = world.stand_in(world.id(5));
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto refused = world.join(where, 2);
  CHECK(refused->info);
  CHECK(refused->reason() == errc::filtered);
  CHECK(refusals(*state) == std::vector{errc::filtered});
  CHECK(state->updates.empty());
  auto welcome = world.join(where, 3);
  CHECK(state->sees(world.id(3)));
  // The same holds for those that we dial.
  REQUIRE(four->dials.size() == 1);
  REQUIRE(five->dials.size() == 1);
  four->dials[0]->greet(world.id(4), world.info(4));
  five->dials[0]->greet(world.id(5), world.info(5));
  world.settle();
  CHECK(four->dials[0]->reason() == errc::filtered);
  CHECK(dial_failures(*state) == std::vector{errc::filtered});
  CHECK_FALSE(state->sees(world.id(4)));
  CHECK(state->sees(world.id(5)));
}

TEST_CASE("what does not pass the IP filter is not dialed") {
  world world;
  auto options = world.options(1, {2, 3});
  options.ip_filter
      = spawn_ip_filter(world.sys(), [](const endpoint& where) -> failure {
          if (where.path == to_string(world::id(2)))
            return {errc::filtered, "no"};
          return {};
        });
  auto two = world.stand_in(world.id(2));
  auto three = world.stand_in(world.id(3));
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  world.settle();
  CHECK(two->attempts == 0);
  CHECK(three->attempts == 1);
  CHECK(dial_failures(*state) == std::vector{errc::filtered});
}

TEST_CASE("a filter that does not answer refuses after its time and holds up "
          "nobody else") {
  world world;
  auto options = world.options(1);
  options.ip_filter = spawn_deaf_filter(world);
  options.filter_timeout = 3s;
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto first = world.join(where, 2);
  auto second = world.join(where, 3);
  world.advance(2999ms);
  CHECK_FALSE(first->closed);
  CHECK_FALSE(second->closed);
  world.advance(1ms);
  CHECK(first->reason() == errc::timeout);
  CHECK(second->reason() == errc::timeout);
  CHECK(refusals(*state) == std::vector{errc::timeout, errc::timeout});
}

TEST_CASE("beyond the limit of handshakes newcomers are closed at once, "
          "and take the place of whoever had time enough") {
  world world;
  auto options = world.options(1);
  options.handshakes = {.max = 3, .grace = 2s};
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  std::vector<puppet_ptr> silent;
  for (uint8_t i = 2; i <= 4; ++i)
    silent.push_back(world.knock(where, world.id(i)));
  auto early = world.join(where, 5);
  CHECK(early->reason() == errc::rate_limited);
  CHECK_FALSE(early->info);
  world.advance(2s);
  auto late = world.join(where, 6);
  CHECK(state->sees(world.id(6)));
  CHECK(silent[0]->reason() == errc::rate_limited);
  CHECK_FALSE(silent[1]->closed);
  // Its place was free again once it was a peer.
  world.join(where, 7);
  CHECK(state->sees(world.id(7)));
  CHECK_FALSE(silent[1]->closed);
  CHECK(refusals(*state)
        == std::vector{errc::rate_limited, errc::rate_limited});
}

TEST_CASE("a slow-loris flood never locks anybody out") {
  world world;
  auto options = world.options(1);
  options.handshakes = {.max = 4, .grace = 1s};
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  uint8_t number = 100;
  for (uint8_t i = 2; i < 12; ++i) {
    for (int j = 0; j < 20; ++j)
      world.knock(where, world.id(number));
    world.advance(1s);
    world.join(where, i);
    CAPTURE(i);
    REQUIRE(state->sees(world.id(i)));
  }
}

TEST_CASE("the handshake timeout of the options is that of the "
          "connections, also when dialing") {
  world world;
  auto options = world.options(1, {3});
  options.handshake_timeout = 700ms;
  auto dialed = world.stand_in(world.id(3));
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto silent = world.knock(where, world.id(2));
  REQUIRE(dialed->dials.size() == 1);
  world.advance(699ms);
  CHECK_FALSE(silent->closed);
  CHECK_FALSE(dialed->dials[0]->closed);
  world.advance(1ms);
  CHECK(silent->reason() == errc::timeout);
  CHECK(dialed->dials[0]->reason() == errc::timeout);
}

TEST_CASE("a connection outlives the time for its handshake") {
  world world;
  auto options = world.options(1);
  options.handshake_timeout = 1s;
  options.filter_timeout = 1s;
  options.id_filter = spawn_id_filter(
      world.sys(), [](const node_id&, const endpoint&) { return failure{}; });
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto remote = world.join(where, 2);
  world.advance(10s);
  CHECK_FALSE(remote->closed);
  CHECK(state->signs() == "+");
}

TEST_CASE("the name that a remote gives itself is not looked up") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto remote = world.knock(where, world.id(2));
  auto info = world.info(2);
  info.listen_addr = "tcp://no-such-host.invalid:26656";
  remote->greet(world.id(2), info);
  // A lookup has a thread of its own, and this world waits for none.
  world.settle();
  CHECK(state->sees(world.id(2)));
  CHECK(world.sys().detached_actors() == 0);
}

TEST_CASE("nothing that remotes do ends accepting") {
  world world;
  auto options = world.options(1);
  options.handshakes = {.max = 1, .grace = 10s};
  options.id_filter = spawn_id_filter(
      world.sys(), [](const node_id& id, const endpoint&) -> failure {
        if (id == world::id(3))
          return {errc::filtered, "no"};
        return {};
      });
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  for (int round = 0; round < 5; ++round) {
    auto silent = world.knock(where, world.id(2)); // Holds the only slot.
    world.join(where, 4);                          // Finds none.
    silent->hang_up();
    world.settle();
    world.join(where, 3); // Is filtered.
    auto liar = world.knock(where, world.id(5));
    liar->greet(world.id(5), world.info(6));
    world.settle();
  }
  world.join(where, 4);
  CHECK(state->sees(world.id(4)));
}

TEST_CASE("transports hear how many they may accept when limits change") {
  world world;
  std::vector<inbound_limits> told;
  auto transport = [&told](caf::event_based_actor*) {
    return caf::behavior{[&told](limits_atom, const inbound_limits& limits) {
                           told.push_back(limits);
                         },
                         [](caf::close_atom) {}};
  };
  auto options = world.options(1);
  options.memory = nullptr;
  options.max_connected = 10;
  options.transports
      = {{.protocols = {"memory"},
          .make =
              [&](caf::actor_system& sys, const auto&) {
                return caf::actor_cast<transport_actor>(sys.spawn(transport));
              },
          .replaces_built_in = true}};
  auto where = world.spawn(options);
  world.open(where);
  const auto before = accepted_max(options);
  auto set = [&](const connection_limits& limits) {
    return world.ask(where.router(), limits_atom_v, limits)->code();
  };
  CHECK(set({.max_connected = 100}) == errc::none);
  REQUIRE(told.size() == 1);
  options.max_connected = 100;
  CHECK(told[0].max_accepted == accepted_max(options));
  CHECK(told[0].max_accepted > before);
  // A change of something else does not take that back.
  auto inbound = options.inbound;
  inbound.subnet_limits = subnet_scope::all;
  CHECK(world.ask(where.router(), limits_atom_v, inbound)->code()
        == errc::none);
  REQUIRE(told.size() == 2);
  CHECK(told[1].subnet_limits == subnet_scope::all);
  CHECK(told[1].max_accepted == accepted_max(options));
  // What the peer manager refuses, nobody hears of.
  CHECK(set({.max_connected = 1, .max_incoming = 2}) == errc::invalid_option);
  CHECK(set({.max_connected = 1'000'000}) == errc::invalid_option);
  CHECK(told.size() == 2);
  CHECK(world.ask(where.router(), limits_atom_v, inbound)->code()
        == errc::none);
  REQUIRE(told.size() == 3);
  CHECK(told[2].max_accepted == accepted_max(options));
}

TEST_CASE("unconditional peers are not counted, blocked ones not taken") {
  world world;
  auto options = world.options(1);
  options.max_connected = 1;
  options.max_connected_upgrade = 0;
  options.unconditional_peers = {to_string(world.id(3))};
  options.blocked_peers = {to_string(world.id(4))};
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  world.join(where, 2);
  CHECK(state->sees(world.id(2)));
  CHECK(world.join(where, 5)->reason() == errc::too_many_peers);
  world.join(where, 3);
  CHECK(state->sees(world.id(3)));
  CHECK(world.join(where, 4)->reason() == errc::filtered);
}
