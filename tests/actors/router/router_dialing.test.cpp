// SPDX-License-Identifier: Apache-2.0
//
// Whom a node dials, and what becomes of it.
#include <algorithm>

#include "troupe/tests/actors/router/bad_handshakes.hpp"
#include "troupe/tests/actors/router/dialing_node.hpp"
#include "troupe/tests/actors/world.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"

using namespace troupe;
using namespace troupe::test;

using mood = decoy::mood;

TEST_CASE("a dial ends with a peer, or fails with the reason, and is "
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
    // Others tell that the peer has to wait now.
    const auto& events = uut.state->events;
    const auto failed
        = std::find_if(events.rbegin(), events.rend(), [](const auto& x) {
            return x.what == node_event::kind::dial_failed;
          });
    REQUIRE(failed != events.rend());
    const auto& event = *failed;
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

TEST_CASE("an address in memory has to name a node, and nothing else") {
  world world;
  auto target = world.stand_in(world.id(2));
  dialing_node uut{world, {}};
  CHECK(node_address::parse("memory:").error().code == errc::invalid_address);
  // Without an ID there is nobody to dial.
  auto nameless = node_address{.protocol = memory_protocol};
  CHECK(world.ask<bool>(uut.where.router(), caf::add_atom_v, nameless)->code()
        == errc::invalid_address);
  world.advance(1min);
  CHECK(dial_failures(*uut.state).empty());
  // With a host it leads to an IP address, which memory cannot reach.
  auto hosted = *node_address::parse(world.address(2));
  hosted.hostname = "127.0.0.1";
  uut.where.add_peer(hosted);
  world.settle();
  CHECK(dial_failures(*uut.state) == std::vector{errc::invalid_endpoint});
  CHECK(uut.state->events.back().address == hosted);
  CHECK(target->attempts == 0);
  // That does not keep the node from the right address of the same peer.
  uut.where.add_peer(*node_address::parse(world.address(2)));
  world.settle();
  CHECK(target->attempts == 1);
}

TEST_CASE("dials that hang do not delay each other") {
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

TEST_CASE("a node that stops dials nobody, though its slots become free") {
  world world;
  size_t dials = 0;
  std::vector<connection_actor> far_ends;
  // Takes its time to end, and answers until then.
  auto transport = [&](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([self](const caf::exit_msg&) {
      self->delayed_send(self, 1s, caf::tick_atom_v);
    });
    return {
        [&](caf::connect_atom, const endpoint&, caf::timespan) {
          ++dials;
          auto [near, far]
              = spawn_memory_connection(world.sys(), world.id(1), world.id(2));
          caf::anon_send(far, handshake_atom_v, world.info(2), node_id{},
                         caf::timespan{10s});
          far_ends.push_back(world.guard(far));
          return caf::actor_cast<caf::actor>(near);
        },
        [self](caf::tick_atom) { self->quit(); },
    };
  };
  auto options = world.options(1);
  options.memory = nullptr;
  options.max_outgoing = 1;
  options.transports
      = {{.protocols = {"memory"},
          .make =
              [&](caf::actor_system& sys, const auto&) {
                return caf::actor_cast<transport_actor>(sys.spawn(transport));
              },
          .replaces_built_in = true}};
  dialing_node uut{world, std::move(options)};
  uut.where.add_peer(*node_address::parse(world.address(2)));
  world.settle();
  REQUIRE(uut.state->sees(world.id(2)));
  uut.where.add_peer(*node_address::parse(world.address(3)));
  world.settle();
  REQUIRE(dials == 1);
  uut.where.stop();
  world.advance(10s);
  CHECK(dials == 1);
}

TEST_CASE("a node that dials itself does not go on for ever") {
  world world;
  dialing_node uut{world, {}};
  uut.where.add_peer(*node_address::parse(world.address(1)));
  world.advance(1min);
  CHECK(uut.state->updates.empty());
  CHECK(dial_failures(*uut.state).empty());
  CHECK(refusals(*uut.state).empty());
}

TEST_CASE("two nodes that dial each other end up with one "
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
