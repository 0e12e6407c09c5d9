// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/transport/mconn/byte_stream.hpp"

namespace troupe::testing {

/// Spawns the byte stream of one end of a simulated connection, which it takes
/// over: what `mconn_broker` is to a socket of the kernel, and the same code.
///
/// The mutable network is shared by all actors of a simulation. They run in one
/// thread, so that no two touch it at once; a mailbox in front of it would only
/// add delays that no real kernel has.
byte_stream spawn_sim_stream(caf::actor_system& sys,
                             std::shared_ptr<sim_network> network,
                             sim_socket socket);

} // namespace troupe::testing
