// SPDX-License-Identifier: Apache-2.0

// Steering a running node, as an actor of another process does.

#include "troupe/actors/operator/control_actor.hpp"

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct fixture {
  fixture() : target(world.stand_in(world.id(2))) {
    target->with = decoy::mood::refuse;
    auto options = world.options(1, {2});
    options.retry.min_retry_time = 1h;
    options.retry.max_retry_time = 1h;
    options.retry.max_retry_time_persistent = 1h;
    where = world.spawn(std::move(options));
    state = world.open(where);
    uut = world.guard(spawn_control(world.sys(), where));
    world.settle();
  }

  ~fixture() {
    uut = control_actor{};
    world.stop_all();
  }

  template <class T = caf::unit_t, class... Ts>
  std::shared_ptr<answer<T>> ask(Ts... xs) {
    return world.ask<T>(uut, xs...);
  }

  troupe::test::world world;
  decoy_ptr target;
  node where;
  recorder_ptr state;
  control_actor uut;
};

} // namespace

TEST_CASE_FIXTURE(fixture, "an operator's dial wins over the backoff") {
  REQUIRE(target->attempts == 1);
  world.advance(10min);
  REQUIRE(target->attempts == 1);
  target->with = decoy::mood::accept;
  CHECK(ask(dial_atom_v, node_address{.id = world.id(2)})->value);
  REQUIRE(target->attempts == 2);
  target->dials.back()->greet(world.id(2), world.info(2));
  world.settle();
  CHECK(state->sees(world.id(2)));
  CHECK(ask(dial_atom_v, node_address{.id = world.id(2)})->code()
        == errc::already_connected);
  CHECK(ask(dial_atom_v, node_address{.id = world.id(9)})->code()
        == errc::unknown_peer);
}

TEST_CASE_FIXTURE(fixture, "an operator ends a connection") {
  auto remote = world.join(where, 3);
  REQUIRE(state->sees(world.id(3)));
  CHECK(ask(disconnect_atom_v, world.id(3))->value);
  CHECK_FALSE(state->sees(world.id(3)));
  CHECK(remote->closed);
  CHECK(ask(disconnect_atom_v, world.id(3))->code() == errc::not_connected);
}

TEST_CASE_FIXTURE(fixture, "a ban ends the connection and keeps the peer out "
                           "until it ends or is lifted") {
  world.join(where, 3);
  CHECK(ask(ban_atom_v, world.id(3), caf::timespan{1h}, std::string{"noise"})
            ->value);
  CHECK_FALSE(state->sees(world.id(3)));
  CHECK(world.join(where, 3)->reason() == errc::banned);
  CHECK(ask(dial_atom_v, node_address{.id = world.id(3)})->code()
        == errc::banned);
  SUBCASE("lifted") {
    CHECK(ask(unban_atom_v, world.id(3))->value);
    CHECK(ask(unban_atom_v, world.id(3))->code() == errc::unknown_peer);
  }
  SUBCASE("over") {
    world.advance(1h);
  }
  world.join(where, 3);
  CHECK(state->sees(world.id(3)));
}

TEST_CASE_FIXTURE(fixture, "the list says why each peer is or is not "
                           "connected") {
  world.join(where, 3);
  ask(ban_atom_v, world.id(4), caf::timespan{1h}, std::string{"noise"});
  auto list = ask<std::vector<peer_report>>(list_atom_v, uint64_t{10});
  REQUIRE(list->value);
  REQUIRE(list->value->size() == 3);
  for (const auto& peer : *list->value) {
    CAPTURE(peer.explanation);
    if (peer.peer == world.id(2))
      CHECK(peer.state == peer_state::backing_off);
    else if (peer.peer == world.id(3))
      CHECK(peer.state == peer_state::up);
    else
      CHECK(peer.explanation.find("noise") != std::string::npos);
  }
  CHECK(ask<std::vector<peer_report>>(list_atom_v, uint64_t{1})->value->size()
        == 1);
}

TEST_CASE_FIXTURE(fixture, "limits can be changed while peers are there") {
  world.join(where, 3);
  world.join(where, 4);
  auto limits = ask<connection_limits>(caf::get_atom_v, limits_atom_v);
  REQUIRE(limits->value);
  auto changed = *limits->value;
  changed.max_connected = 1;
  changed.max_connected_upgrade = 0;
  CHECK(ask(limits_atom_v, changed)->value);
  CHECK(state->sees(world.id(3)) + state->sees(world.id(4)) == 1);
  CHECK(*ask<connection_limits>(caf::get_atom_v, limits_atom_v)->value
        == changed);
  changed.max_connected = 0;
  CHECK(ask(limits_atom_v, changed)->code() == errc::invalid_option);
}

TEST_CASE_FIXTURE(fixture, "the way to steer a node ends with it") {
  auto end = world.watch_end(caf::actor_cast<caf::actor>(uut));
  where.stop();
  world.settle();
  CHECK(end->has_value());
}

TEST_CASE_FIXTURE(fixture, "limits of strangers can be changed, if they make "
                           "sense") {
  auto found
      = ask<inbound_limits>(caf::get_atom_v, limits_atom_v, accept_atom_v);
  REQUIRE(found->value);
  CHECK(*found->value == inbound_limits{});
  auto changed = *found->value;
  changed.max_per_ip = 1;
  changed.ip_rate = {};
  changed.exempt = {*ip_network::parse("10.0.0.0/8")};
  CHECK(ask(limits_atom_v, changed)->value);
  CHECK(
      *ask<inbound_limits>(caf::get_atom_v, limits_atom_v, accept_atom_v)->value
      == changed);
  auto bad = changed;
  bad.max_per_subnet = 0;
  auto refused = ask(limits_atom_v, bad);
  REQUIRE(refused->error);
  CHECK(text_of(*refused->error).find("max_per_subnet") == 0);
  // As large as the number of those that are connected already may be.
  bad = changed;
  bad.tracked_max = 256;
  CHECK(ask(limits_atom_v, bad)->code() == errc::invalid_option);
  CHECK(
      *ask<inbound_limits>(caf::get_atom_v, limits_atom_v, accept_atom_v)->value
      == changed);
}
