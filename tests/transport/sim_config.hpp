// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/harness/sim_clock.hpp"
#include "troupe/tests/harness/sim_scheduler.hpp"

namespace troupe::test {

/// Config of an actor system in one thread, whose time passes when there is
/// nothing else to do: whenever a `patient_actor` waits.
struct sim_config : caf::actor_system_config {
  explicit sim_config(uint64_t seed_of_all = 1) : seed(seed_of_all) {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
  }

  std::unique_ptr<caf::actor_system> make_system() {
    return testing::sim_scheduler::make_system(*this, testing::sim_random{seed},
                                               clock);
  }

  uint64_t seed;
  testing::sim_clock clock{time_point{std::chrono::hours{24}}};
};

} // namespace troupe::test
