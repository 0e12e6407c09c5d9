// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/transport/memory/memory_wire.hpp"

namespace troupe::testing {

/// Makes the wire of a memory connection out of one end of a simulated
/// connection, which it takes over.
std::unique_ptr<memory_wire> make_sim_wire(caf::actor_system& sys,
                                           std::shared_ptr<sim_network> network,
                                           sim_socket socket);

} // namespace troupe::testing
