// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// One address of a stored peer. A time that never came is absent.
struct stored_address {
  node_address address;

  /// Failed dials since the last success.
  uint32_t failures = 0;

  /// Not to be dialed before.
  std::optional<wall_time> retry_at = {};

  std::optional<wall_time> last_success = {};
  std::optional<wall_time> last_failure = {};

  friend bool operator==(const stored_address&, const stored_address&)
      = default;
};

/// Keeps a peer out until a time.
struct stored_ban {
  wall_time until = {};

  /// Why, for humans.
  std::string reason = {};

  /// Told by an operator, not found by the rules.
  bool by_operator = false;

  friend bool operator==(const stored_ban&, const stored_ban&) = default;
};

/// The peer cannot be our peer until something changes.
struct stored_incompatibility {
  wall_time since = {};
  errc reason = errc::none;

  /// What does not fit, for humans.
  std::string detail = {};

  /// What it does not fit with: the `profile_of` the node that found out. Each
  /// peer has its own: a single one for the whole store would have to change
  /// in the same instant as the records that it speaks of, and could not tell
  /// who was judged by what when channels open and close in one run.
  std::string with = {};

  friend bool operator==(const stored_incompatibility&,
                         const stored_incompatibility&)
      = default;
};

/// All of a peer that outlives the process. What the configuration says about
/// a peer (persistent, unconditional, private) is not among it.
struct stored_peer {
  node_id id = {};

  /// In the order in which they became known.
  std::vector<stored_address> addresses = {};

  /// The behaviour score in thousandths, as it was at `scored_at`.
  int64_t score_milli = 0;
  std::optional<wall_time> scored_at = {};

  /// Connections in a row that ended soon after they began.
  uint32_t short_connections = 0;

  /// Not to be dialed before, whatever the address.
  std::optional<wall_time> dialable_at = {};

  /// When the first of its connections began that lasted.
  std::optional<wall_time> served_since = {};

  std::optional<wall_time> last_connected = {};
  std::optional<wall_time> last_disconnected = {};

  /// When all of this was written, by the clock that its times are of. Absent
  /// in what older versions have written.
  std::optional<wall_time> stored_at = {};

  std::optional<stored_ban> ban = {};
  std::optional<stored_incompatibility> incompatible = {};

  /// Who told us first where the peer is, and the `address_group` of that one.
  /// Null and empty if nobody knows.
  node_id source = {};
  std::string source_group = {};

  /// It has its place in the book among those that have answered.
  bool tried = false;

  /// We had dialed it and were connected.
  bool anchor = false;

  friend bool operator==(const stored_peer&, const stored_peer&) = default;
};

} // namespace troupe
