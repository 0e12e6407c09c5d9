// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// Spawns the TCP transport: MConnection over a SecretConnection, protocols
/// `mconn` and `tcp`. Requires CAF's I/O module.
///
/// Connections that `options.lists` or `options.limits` refuse are reset right
/// after they were accepted: no byte of them is read, and no actor starts.
/// Those beyond `options.max_accepted` wait in the kernel's backlog until one
/// of the others ends. At most 32 are accepted in 5 ms, so that a flood leaves
/// the I/O thread to the connections that are there. When the process runs out
/// of descriptors, accepting pauses for 5 ms, doubling up to 1 s.
transport_actor
spawn_mconn_transport(caf::actor_system& sys,
                      std::shared_ptr<const mconn_options> options);

} // namespace troupe
