// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How many connections there may be. Absent means no limit; an absence, not
/// a 0, so that nobody can take one for the other.
struct connection_limits {
  /// Most connections, both ways, at least 1.
  std::optional<size_t> max_connected = 64;

  /// How many connections there may be above `max_connected` for the moment in
  /// which a better peer takes the place of a worse one. 0: no upgrades.
  size_t max_connected_upgrade = 4;

  /// Most connections that we dialed, dials in flight among them; at most
  /// `max_connected`. What is left stays free for peers that dial us.
  std::optional<size_t> max_outgoing = {};

  /// Most connections of peers that dialed us, at most `max_connected`.
  std::optional<size_t> max_incoming = {};

  friend bool operator==(const connection_limits&, const connection_limits&)
      = default;
};

/// What goes on in a peer manager, for tests: all sets of the peer life cycle.
/// Costs a copy of the connections and dials, not of what is known.
struct peer_manager_view {
  struct connection {
    node_id peer = {};
    uint64_t generation = 0;
    direction way = direction::inbound;

    /// Announced as up.
    bool ready = false;

    /// Why it has to end. `none`: it may stay.
    errc evict = errc::none;

    /// The caller knows that it has to end.
    bool evicting = false;

    /// Whether limits count it: those of unconditional peers are not counted.
    bool counted = true;
  };

  struct dial {
    node_address address = {};
    time_point deadline = {};
    bool counted = true;
  };

  /// `from` is to be evicted if `to`, which is being dialed, gets connected.
  struct reservation {
    node_id from = {};
    node_id to = {};
  };

  node_id own = {};
  connection_limits limits = {};

  /// Ordered by ID.
  std::vector<connection> connections = {};

  /// Ordered by ID.
  std::vector<dial> dials = {};

  /// Ordered by `from`.
  std::vector<reservation> upgrading = {};

  /// Number of peers known, whether connected or not, and how many of them
  /// pruning may remove.
  size_t stored = 0;
  size_t prunable = 0;
  size_t max_peers = SIZE_MAX;
};

/// Checks what must hold between any two operations: invariants 1 to 6 of the
/// peer life cycle.
/// @returns what is broken, in words.
std::optional<std::string> check_invariants(const peer_manager_view& view);

/// Checks what must hold at the moment in which `dial_next` named an address:
/// dials in flight and connections together stay within the limits.
/// @returns what is broken, in words.
std::optional<std::string> check_grant(const peer_manager_view& view);

} // namespace troupe
