// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/io/broker.hpp>

#include "troupe/transport/quic/datagram_network.hpp"

namespace troupe {

/// Makes the network of the kernel, whose sockets call back on CAF's I/O
/// thread.
/// @param owner has to outlive it.
std::unique_ptr<datagram_network> make_udp_network(caf::io::broker* owner);

} // namespace troupe
