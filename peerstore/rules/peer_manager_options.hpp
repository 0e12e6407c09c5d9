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
#include "troupe/peerstore/rules/ban_options.hpp"
#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/peerstore/rules/peer_score.hpp"
#include "troupe/peerstore/rules/retry_options.hpp"

namespace troupe {

/// Tunables of a `peer_manager`.
struct peer_manager_options {
  // -- peers ------------------------------------------------------------------

  /// Peers that are dialed first, waited for less long, and never forgotten.
  /// The node's own address may be among them and is skipped, so that all
  /// nodes of a network can share one list.
  std::vector<node_address> persistent_peers = {};

  /// Peers that go before ordinary ones: when we dial, and when a slot is
  /// needed. They never make way and are never forgotten. Where only the ID is
  /// known, the protocol is empty.
  std::vector<node_address> preferred_peers = {};

  /// Peers that limits do not count, never keep out, and never evict.
  std::vector<node_id> unconditional_peers = {};

  /// Peers whose addresses are told to nobody.
  std::vector<node_id> private_peers = {};

  /// Peers that are neither dialed nor accepted.
  std::vector<node_id> blocked_peers = {};

  /// Where others reach us; the first that we tell about, if it has a host name
  /// and a port.
  std::optional<node_address> self_address = {};

  /// Whether addresses of private networks and of this machine count only among
  /// those who are there.
  bool address_book_strict = true;

  // -- connections: see `connection_limits` -----------------------------------

  std::optional<size_t> max_connected = 64;
  size_t max_connected_upgrade = 4;
  std::optional<size_t> max_outgoing = {};
  std::optional<size_t> max_incoming = {};
  size_t max_visitors = 0;

  /// By how many points a peer must be better than another to take its place.
  /// More than 0, so that equals do not replace each other for ever.
  double upgrade_margin = 1;

  // -- memory -----------------------------------------------------------------

  /// Most peers that are known, at least `max_connected` and its upgrade slots
  /// if there are such limits. Beyond it, the worst one is forgotten that is
  /// neither configured, connected, being dialed nor banned.
  size_t max_peers = 10'000;

  /// Most addresses of one peer, at least 1; configured ones come on top.
  size_t max_addresses = 8;

  /// Most peers that are said to answer at one location, at least 1.
  size_t max_ids_per_location = 8;

  // -- time -------------------------------------------------------------------

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

  /// How often, on average, we look whether somebody still answers of whom we
  /// only heard, while there is no slot for him. 0: never.
  duration feeler_interval = std::chrono::minutes{2};

  /// How long a connection has to give a sign of life when the same peer comes
  /// in once more. Also the least time between two such questions.
  duration probe_time = std::chrono::seconds{10};

  // -- behaviour --------------------------------------------------------------

  score_options score = {};
  ban_options bans = {};
};

/// Returns the limits among the options.
connection_limits limits_of(const peer_manager_options& options);

/// Checks limits against each other.
/// @param persistent_peers how many of them there are, each in need of a slot.
/// @returns `invalid_option`, the context names the option, its value and what
/// was expected; or `none`.
failure validate(const connection_limits& limits, size_t persistent_peers,
                 size_t max_peers);

/// Checks all that the options demand of each other.
/// @returns `invalid_option`, the context names the option, its value and what
/// was expected; or `none`.
failure validate(const peer_manager_options& options, const node_id& own);

} // namespace troupe
