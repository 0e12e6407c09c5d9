// SPDX-License-Identifier: Apache-2.0

// What becomes of attempts that somebody else's code never answers.

#include <deque>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "../world.hpp"
#include "troupe/transport/actor_state.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Promises a connection to whoever dials.
struct mute_state {
  static inline const char* name = "troupe.test.mute-transport";

  explicit mute_state(transport_actor::pointer ptr) : self(ptr) {}

  transport_actor::behavior_type make_behavior() {
    return {
        [](listen_atom, const endpoint& where) { return where; },
        [](accept_atom) -> caf::result<caf::actor> {
          return caf::make_error(errc::shutting_down);
        },
        [this](caf::connect_atom, const endpoint&, caf::timespan) {
          dials.push_back(self->make_response_promise<caf::actor>());
          return dials.back();
        },
        [](caf::get_atom) { return std::vector<endpoint>{}; },
        [](limits_atom, const inbound_limits&) {},
        [](caf::close_atom) {},
    };
  }

  transport_actor::pointer self;
  std::deque<caf::typed_response_promise<caf::actor>> dials;
};

added_transport mute() {
  return {.protocols = {"mute"},
          .make
          = [](caf::actor_system& sys, const added_transport::node_part&) {
              return spawn_state<mute_state, transport_actor>(sys);
            }};
}

} // namespace

TEST_CASE("a transport that never answers keeps nobody else from being dialed "
          "for ever") {
  world world;
  auto target = world.stand_in(world::id(2));
  auto options = world.options(1);
  options.max_dials = 1;
  options.bootstrap_peers = {"mute:" + to_string(world::id(3))};
  options.transports = {mute()};
  const auto longest = longest_dial(options);
  auto where = world.spawn(options);
  auto reactor = world.open(where);
  world.advance(1s);
  where.add_peer(*node_address::parse(world::address(2)));
  world.advance(longest);
  CHECK(target->attempts == 0);
  world.advance(40s);
  CHECK(target->attempts > 0);
  // One of the mute, the other one of whom nobody greets.
  auto codes = reactor->codes(node_event::kind::dial_failed);
  REQUIRE_FALSE(codes.empty());
  CHECK(codes.front() == errc::timeout);
}
