// SPDX-License-Identifier: Apache-2.0

// What reactors share with their node, so that they can be simulated with it.
#include <memory>
#include <string>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("what runs beside a node draws from its generator and looks names up "
          "as it does") {
  world world;
  auto options = world.options(1);
  SUBCASE("when these are the options' own") {
    options.random = std::make_shared<testing::sim_random>(7);
    options.resolver = [](caf::actor_system& sys) -> resolver_actor {
      return sys.spawn([]() -> resolver_actor::behavior_type {
        return {
            [](caf::resolve_atom, const std::string&) {
              return std::vector{ip_address::v4(10, 0, 0, 9)};
            },
        };
      });
    };
    auto where = world.spawn(options);
    CHECK(&where.random() == options.random.get());
    auto resolver = world.guard(where.spawn_resolver(world.sys()));
    auto found = world.ask<std::vector<ip_address>>(
        resolver, caf::resolve_atom_v, std::string{"anybody"});
    REQUIRE(found->value);
    CHECK(*found->value == std::vector{ip_address::v4(10, 0, 0, 9)});
  }
  SUBCASE("when the generator is the system's") {
    options.random = nullptr;
    auto where = world.spawn(options);
    CHECK(where.random().below(10) < 10);
  }
}
