// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/retry_schedule.hpp"

namespace troupe {

/// Tunables of a `peer_manager`.
struct peer_manager_options {
  /// Peers that are dialed first, waited for less long, and never forgotten.
  /// The node's own address may be among them and is skipped, so that all
  /// nodes of a network can share one list.
  std::vector<node_address> persistent_peers = {};

  /// Most connections, both ways, at least 1. Absent: no limit.
  std::optional<size_t> max_connected = 64;

  /// Most connections that we dialed, at most `max_connected`; what is left
  /// stays free for peers that dial us. Absent: all may be.
  std::optional<size_t> max_outgoing = {};

  retry_options retry = {};

  /// Wait before a peer is dialed again after its connection ended. Doubles
  /// with every further connection that ends within `stable_after`, up to the
  /// maxima in `retry`: a peer that hangs up on us again and again (because it
  /// is full, because it restarts in a loop) is asked less and less often.
  duration disconnect_cooldown = std::chrono::seconds{2};

  /// A connection that lasted this long was a success.
  duration stable_after = std::chrono::seconds{10};

  /// A dial whose outcome was not reported after this time counts as failed.
  /// Must exceed the time limits of lookup, dial and handshake together.
  duration dial_deadline = std::chrono::minutes{2};
};

/// Checks all that the options demand of each other.
/// @returns `invalid_option`, the context names the option, its value and what
/// was expected; or `none`.
failure validate(const peer_manager_options& options, const node_id& own);

} // namespace troupe
