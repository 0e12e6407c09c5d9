// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <caf/actor_system.hpp>

#include "troupe/transport/connection_actor.hpp"

namespace troupe {

/// Spawns the two ends of a connection inside one process: the first belongs
/// to `dialer`, the second to `acceptor`.
std::pair<connection_actor, connection_actor>
spawn_memory_connection(caf::actor_system& sys, const node_id& dialer,
                        const node_id& acceptor);

} // namespace troupe
