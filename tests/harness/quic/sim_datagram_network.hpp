// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/scheduled_actor.hpp>

#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/transport/quic/datagram_network.hpp"

namespace troupe::testing {

/// Makes the sockets for datagrams of a simulated host. They are at the address
/// of the host, whichever of it, `0.0.0.0` or `::` they are told.
/// @param owner has to outlive it; sockets call back as its own messages.
std::unique_ptr<datagram_network>
make_sim_datagram_network(caf::scheduled_actor* owner,
                          std::shared_ptr<sim_network> network, sim_host host);

} // namespace troupe::testing
