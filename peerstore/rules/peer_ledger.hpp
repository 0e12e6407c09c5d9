// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_table.hpp"
#include "troupe/peerstore/rules/ban_list.hpp"
#include "troupe/peerstore/rules/connection_table.hpp"
#include "troupe/peerstore/rules/dial_order.hpp"
#include "troupe/peerstore/rules/dial_table.hpp"

namespace troupe {

/// What is known of peers and what goes on with them, and the indices over it.
/// Policies read it; whoever changes a record calls `changed`.
struct peer_ledger {
  peer_ledger(const node_id& own, const peer_manager_options& options,
              entropy& random);

  // -- what happens -----------------------------------------------------------

  /// Time has passed: bans may be over, waits as well. Does not go back.
  void advance(time_point to);

  /// Somebody said where a peer is. For one that did not fit, that is reason
  /// enough to try again.
  /// @returns whether that is new and there is room for it.
  bool learn(const node_address& address);

  /// A dial begins. There must be none of that peer.
  void begin_dial(dial_attempt what);

  /// @returns the dial that was under way, if there was one.
  std::optional<dial_attempt> end_dial(const node_id& id);

  /// A connection begins. There must be none to that peer.
  /// @returns its number.
  uint64_t begin_connection(const node_id& id, live_connection what);

  /// A connection is over that there was.
  live_connection end_connection(const node_id& id);

  /// Bans a peer, known or not. Should there be too many bans by the rules, one
  /// ends for it.
  void ban(const node_id& id, ban_record what);

  /// Ends the ban of a peer that is known.
  void lift_ban(const node_id& id);

  /// Says whether a peer, known or not, is kept out.
  /// @returns `filtered` if it is blocked, `banned`, or `none`.
  [[nodiscard]] errc check_ban(const node_id& id) const;

  // -- what follows -----------------------------------------------------------

  /// Puts a peer where it belongs after its record changed.
  void changed(const node_id& id);

  /// Forgets a peer of which there is nothing worth keeping. Strangers come and
  /// go with fresh IDs as they like, and must not fill our memory with them.
  void forget_if_pointless(const node_id& id);

  /// Forgets the worst peers of those that are too many.
  void prune();

  // -- state ------------------------------------------------------------------

  peer_table peers;
  ban_list bans;
  dial_order order = {};
  dial_table dials = {};
  connection_table connections = {};

  /// Most peers that are known and not banned.
  size_t max_peers;

  /// The latest time that was ever named.
  time_point now = {};

private:
  void changed_at(const node_address& where);
  void forget(const node_id& id);
};

} // namespace troupe
