// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/transport/memory/memory_network.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// Spawns the transport that connects nodes of one process, protocol `memory`.
/// An endpoint has the node's ID as its path and nothing else.
///
/// It has limits and backpressure like the TCP transport, but no sockets, no
/// encryption and no packets, and the ID of a node is claimed, not proven: all
/// nodes of a `memory_network` have to trust each other.
transport_actor spawn_memory_transport(caf::actor_system& sys,
                                       const node_id& own,
                                       std::shared_ptr<memory_network> network,
                                       memory_options options = {});

} // namespace troupe
