// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"

namespace troupe {

/// Says all about a peer: why it is or is not connected.
/// @pre the peer is known.
peer_report explain(const node_id& id, const peer_ledger& state,
                    const connection_policy& connections);

/// The same about at most `limit` peers, connected ones first, then best first,
/// banned ones last.
std::vector<peer_report> explain_all(size_t limit, const peer_ledger& state,
                                     const connection_policy& connections);

} // namespace troupe
