// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/peer_manager_options.hpp"
#include "troupe/peerstore/peer_manager_view.hpp"
#include "troupe/peerstore/peer_table.hpp"

namespace troupe {

/// Names one connection: the same peer may come back with another number.
struct connection_ref {
  node_id peer = {};

  /// Counts from 1.
  uint64_t generation = 0;

  friend bool operator==(const connection_ref&, const connection_ref&)
      = default;
};

/// The verdict on a connection whose handshake is done.
struct admission {
  /// `none` if the connection may stay. Otherwise the caller closes it, and
  /// does not call `disconnected`.
  errc code = errc::none;

  /// The connection's number if it may stay, 0 otherwise.
  uint64_t generation = 0;

  /// A connection to the same peer that has to make way: the caller closes it.
  /// The peer manager has forgotten it already.
  std::optional<uint64_t> replaces = {};
};

/// An order to close a connection.
struct eviction {
  connection_ref connection = {};

  /// Why. Also the reason in the peer update.
  errc reason = errc::evicted;
};

/// Decides whom to dial, keep and evict (ADR-062, "Peer Manager").
///
/// A synchronous state machine without clock, socket, thread or actor: time
/// comes in as `now`, decisions go out as return values, and peer updates
/// queue up until `take_updates`.
///
/// A peer, once known through `add` or `accepted`:
///
///     idle -- dial_next --> dialing -- dialed --> connected -- ready --> up
///      ^                       |                    ^  |                  |
///      |<----- dial_failed ----+      accepted -----+  |                  |
///      |<--------------------- disconnected -----------+------------------+
///
/// It may be dialing and connected at once, when the peer dials us meanwhile.
/// Should both connections come about, both nodes keep the one that the node
/// with the smaller ID dialed.
///
/// An operation that is refused changes nothing but the dial that it ends.
/// Reports that match no dial or no connection are ignored and say so.
///
/// After every operation, ask `dial_next` (until it has no answer),
/// `evict_next` and `take_updates`.
class peer_manager {
public:
  /// Makes a manager that knows the persistent peers.
  /// @param random draws jitter and has to outlive the manager.
  /// @returns `invalid_node_id` if `own` is null, or what `validate` found.
  static result<peer_manager> make(const node_id& own,
                                   const peer_manager_options& options,
                                   entropy& random);

  // -- what is known ----------------------------------------------------------

  /// Learns an address.
  /// @returns whether it is new. Not so for our own addresses.
  /// `invalid_address` if it breaks a rule.
  result<bool> add(const node_address& address);

  // -- dialing ----------------------------------------------------------------

  /// Picks an address to dial: persistent peers first, then those who failed
  /// least and wait longest. The caller owes exactly one call of `dialed` or
  /// `dial_failed`; without any within `dial_deadline`, the dial has failed.
  /// @returns nothing if nobody may be dialed now.
  std::optional<node_address> dial_next(time_point now);

  /// Returns when `dial_next` may give a new answer without a further event.
  /// Ask after `dial_next` had none: the time is in the past while it has one.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// Ends the dial of `address.id`: no connection came about, or it did not
  /// pass the handshake. `address` has to wait.
  /// @returns `unknown_peer` if that peer is not being dialed.
  [[nodiscard]] errc dial_failed(const node_address& address, time_point now);

  /// Ends the dial of `address.id`: the peer has proven its ID.
  /// @returns `self_connection`, `unknown_peer` if nobody told us about this
  /// peer, `already_connected`, or `too_many_peers`.
  [[nodiscard]] admission dialed(const node_address& address, time_point now);

  // -- connections ------------------------------------------------------------

  /// Takes a peer that dialed us and has proven its ID.
  /// @returns `self_connection`, `already_connected`, or `too_many_peers`.
  [[nodiscard]] admission accepted(const node_id& id, time_point now);

  /// Announces the peer as up. Messages can reach it from now on.
  /// @returns `not_connected` if this connection is gone or replaced,
  /// `invalid_state` if it was announced before, or the reason for its
  /// eviction if that was decided meanwhile; the caller then closes it.
  [[nodiscard]] errc ready(const connection_ref& which, peer_info info);

  /// Reports that a connection misbehaved and is to be evicted. The first
  /// reason counts.
  /// @returns `not_connected` if this connection is gone or replaced.
  [[nodiscard]] errc errored(const connection_ref& which, errc reason);

  /// Returns a connection to close, each only once.
  std::optional<eviction> evict_next();

  /// Reports that a connection is closed and that nothing of it runs anymore.
  /// Announces the peer as down if it was up.
  /// @returns `not_connected` if this connection is gone or replaced.
  [[nodiscard]] errc disconnected(const connection_ref& which, errc reason,
                                  time_point now);

  // -- peer updates -----------------------------------------------------------

  /// Returns what happened since the last call, oldest first.
  [[nodiscard]] std::vector<peer_update> take_updates();

  /// Returns the *up* of all peers that are up, for a subscriber that comes
  /// late, ordered by ID.
  [[nodiscard]] std::vector<peer_update> snapshot() const;

  // -- queries ----------------------------------------------------------------

  /// Number of connections.
  [[nodiscard]] size_t connected() const {
    return connections_.size();
  }

  /// Number of connections that we dialed.
  [[nodiscard]] size_t outgoing() const;

  /// Number of dials without outcome yet.
  [[nodiscard]] size_t dialing() const {
    return dials_.size();
  }

  /// All peers, ordered by ID.
  [[nodiscard]] std::vector<node_id> peers() const;

  /// The addresses of a peer in the order in which they became known.
  [[nodiscard]] std::vector<node_address> addresses(const node_id& id) const;

  /// Up from `ready` to `disconnected`.
  [[nodiscard]] peer_status status(const node_id& id) const;

  /// The connection to a peer, if there is one.
  [[nodiscard]] std::optional<connection_ref>
  connection_to(const node_id& id) const;

  /// Everything that goes on, for `check_invariants`.
  [[nodiscard]] peer_manager_view view() const;

private:
  /// A dial without outcome yet.
  struct dial {
    node_address address;
    time_point deadline;
  };

  struct connection {
    /// Set by `admit`.
    uint64_t generation = 0;
    direction way;
    time_point since;
    /// The address that was dialed. Null if inbound.
    node_address address = {};
    /// Set by `ready`.
    std::optional<peer_info> info = {};
    /// Why the connection has to end. `none`: it may stay.
    errc evict_reason = errc::none;
    /// Set by `evict_next`.
    bool evicting = false;
  };

  peer_manager(const node_id& own, const peer_manager_options& options,
               entropy& random);

  // -- dialing ----------------------------------------------------------------

  void expire_dials(time_point now);
  [[nodiscard]] bool may_dial_more() const;

  /// Calls `visit(id, peer_record, address_record)` for each address that may
  /// be dialed sooner or later without a further event.
  template <class Visitor>
  void each_candidate(Visitor visit) const;

  // -- connections ------------------------------------------------------------

  [[nodiscard]] errc check_admission(const node_id& id, direction way) const;
  [[nodiscard]] bool survives(const node_id& id, direction way) const;
  admission admit(const node_id& id, connection fresh);
  connection* find(const connection_ref& which);
  static peer_update up_update(const node_id& id, const connection& which);
  void announce_down(const node_id& id, const connection& gone, errc reason);

  // -- state ------------------------------------------------------------------

  node_id own_;
  std::optional<size_t> max_connected_;
  std::optional<size_t> max_outgoing_;
  duration dial_deadline_;
  peer_table peers_;
  uint64_t last_generation_ = 0;
  std::map<node_id, dial> dials_;
  std::map<node_id, connection> connections_;
  std::vector<peer_update> updates_;
};

} // namespace troupe
