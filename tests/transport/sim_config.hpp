// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

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
  explicit sim_config(uint64_t seed = 1) {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
    testing::sim_scheduler::install(*this, seed, clock);
  }

  testing::sim_clock clock{time_point{std::chrono::hours{24}}};
};

} // namespace troupe::test
