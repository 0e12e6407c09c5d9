// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <caf/actor_system.hpp>

#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/memory/memory_options.hpp"
#include "troupe/transport/memory/memory_wire.hpp"

namespace troupe {

/// Spawns the two ends of a connection inside one process: the first belongs
/// to `dialer`, the second to `acceptor`.
std::pair<connection_actor, connection_actor>
spawn_memory_connection(caf::actor_system& sys, const node_id& dialer,
                        const node_id& acceptor,
                        const memory_options& of_dialer = {},
                        const memory_options& of_acceptor = {});

/// Spawns one end of a connection over a wire of somebody else's making.
/// @param ends what `caf::get_atom` answers.
connection_actor spawn_memory_connection(caf::actor_system& sys,
                                         const node_id& own,
                                         connection_ends ends,
                                         const memory_options& options,
                                         std::unique_ptr<memory_wire> wire);

} // namespace troupe
