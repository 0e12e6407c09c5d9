// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Checks the ID that the remote has proven, before anything else is said.
/// @param expected whom we dialed, or null if the remote dialed us.
/// @returns `self_connection`, `unexpected_peer`, or `none` (spec p2p,
///          "Order of identity checks"). Our own ID comes first: an address
///          that leads back to us says nothing about the peer we wanted.
failure verify_identity(const node_id& own, const node_id& proven,
                        const node_id& expected);

/// Which nodes a handshake accepts.
enum class acceptance : uint8_t {
  /// Those that are `compatible` with us.
  compatible,
  /// All that tell the truth about their ID. For programs that want to know
  /// what a node says about itself, not to work with it: probes and crawlers.
  any,
};

/// Checks what the remote says about itself: every field well-formed, the ID
/// the proven one, and the node one that we accept.
/// @returns `invalid_node_info`, `identity_mismatch`, or what `compatible`
///          finds.
failure verify_node_info(const node_info& ours, const node_info& theirs,
                         const node_id& proven,
                         acceptance accepted = acceptance::compatible);

} // namespace troupe
