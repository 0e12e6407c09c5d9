// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::testing {

/// Spawns the resolver of a simulated host: the one that nodes have, over the
/// table of the network's `dns`. See `spawn_sim_stream` for why the network is
/// shared.
resolver_actor spawn_sim_resolver(caf::actor_system& sys,
                                  std::shared_ptr<sim_network> network,
                                  sim_host host);

} // namespace troupe::testing
