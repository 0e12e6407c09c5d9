// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe::testing {

/// What goes on in a peer manager: all sets of the peer life cycle. Values, so
/// that a test can make one that never should be.
struct peer_manager_view {
  /// One connection, and what is to become of it.
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

    /// Whether limits count it: not those of unconditional peers and visitors.
    bool counted = true;

    /// The subnet whose part of the slots it takes, if any.
    std::optional<ip_network> subnet = {};

    /// Whether there was no slot for it, so that it ends soon.
    bool visits = false;
  };

  /// A dial under way.
  struct dial {
    node_address address = {};
    time_point deadline = {};
    bool counted = true;

    /// Nothing is heard of it, so that it takes no slot.
    bool silent = false;

    /// It has a connection, and a slot.
    bool answered = false;
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

  /// Number of peers known and not banned, whether connected or not, and
  /// whether pruning could remove one of them.
  size_t stored = 0;
  bool prunable = false;
  size_t max_peers = SIZE_MAX;
};

/// Looks at a peer manager. Costs a copy of the connections and dials, not of
/// what is known.
peer_manager_view view_of(const peer_manager& core);

/// Number of connections that limits count, those among them that have to end.
size_t count_limited(const peer_manager_view& view);

/// Checks what must hold between any two operations: at most one connection and
/// one dial a peer, none to ourselves, reservations that make sense, and
/// limits.
/// @param before what `count_limited` said the last time: when limits fall, it
/// takes a while until all have left who are too many, but none comes.
/// @returns what is broken, in words.
std::optional<std::string> check_invariants(const peer_manager_view& view,
                                            size_t before = 0);

/// Checks what must hold at the moment in which `dial_next` named an address:
/// dials in flight and connections together stay within the limits. While some
/// dials are silent, three of those that wait for an answer take one slot.
/// @returns what is broken, in words.
std::optional<std::string> check_grant(const peer_manager_view& view);

} // namespace troupe::testing
