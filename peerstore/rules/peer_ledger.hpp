// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/address_book.hpp"
#include "troupe/peerstore/book/peer_table.hpp"
#include "troupe/peerstore/rules/anchors.hpp"
#include "troupe/peerstore/rules/ban_list.hpp"
#include "troupe/peerstore/rules/connection_table.hpp"
#include "troupe/peerstore/rules/dial_order.hpp"
#include "troupe/peerstore/rules/dial_table.hpp"
#include "troupe/peerstore/rules/hearsay.hpp"
#include "troupe/peerstore/rules/seniority.hpp"

namespace troupe {

/// What is known of peers and what goes on with them, and the indices over it.
/// Policies read it; whoever changes a record calls `changed`.
struct peer_ledger {
  peer_ledger(const node_id& own, const peer_manager_options& options,
              entropy& random);

  // -- what happens -----------------------------------------------------------

  /// Time has passed: bans may be over, waits as well. Does not go back.
  void advance(time_point to);

  /// An operator said where a peer is. For one that did not fit, that is reason
  /// enough to try again.
  /// @returns whether that is new and there is room for it.
  bool learn(const node_address& address);

  /// The same of a peer that said so, of which nothing speaks against believing
  /// it (`judge`). It finds room in the `address_book`, or none.
  bool learn(const node_address& address, const informant& who);

  /// A peer has answered when it was dialed at that address.
  void answered(const node_address& address);

  /// Puts a peer that a store knows into the book.
  void shelve(const node_id& id, book_entry what);

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

  /// Forgets a peer that is known, its ban included.
  void forget(const node_id& id);

  /// Forgets the worst peers of those that are too many.
  void prune();

  // -- questions --------------------------------------------------------------

  /// Where the other end of a connection is.
  [[nodiscard]] informant about(const node_id& id) const;

  /// Whether a peer may be dialed now.
  [[nodiscard]] bool is_due(const peer_record& peer) const {
    return peer.queued && *peer.queued <= now;
  }

  /// How many connections we dialed, dials in flight included, into each group.
  [[nodiscard]] std::map<std::string, size_t> outgoing_groups() const;

  // -- state ------------------------------------------------------------------

  peer_table peers;
  address_book book;
  anchors kept;
  service_watch served = {};
  ban_list bans;
  dial_order order = {};
  dial_table dials = {};
  connection_table connections = {};

  /// Most peers that are known and not banned.
  size_t max_peers;

  /// The latest time that was ever named.
  time_point now = {};

  /// When we may look again whether somebody answers.
  time_point next_feeler = time_point::min();

private:
  void changed_at(const node_address& where);
  [[nodiscard]] uint32_t makes_way(const node_id& id) const;
  [[nodiscard]] static bool takes_advice(const peer_record& peer);
  void drop(const node_id& id);
};

} // namespace troupe
