// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"

namespace troupe {

/// Returns where a peer that dialed us says that it listens: it may be wrong or
/// lie, and nobody has tried. If it listens at all addresses of its host, the
/// one that it came from stands for them. It is an address of QUIC if it says
/// so, and of TCP otherwise: so do other nodes read whatever stands there.
/// @returns nothing if it does not listen.
std::optional<node_address> reported_address(const node_id& peer,
                                             const peer_info& info);

} // namespace troupe
