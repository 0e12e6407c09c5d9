// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "troupe/peerstore/store/stored_peer.hpp"
#include "troupe/samples/troupe/live_figures.hpp"

namespace troupe::command {

/// What a node makes of a peer.
struct peer_outlook {
  /// Failed dials in a row, of the address that did best.
  uint32_t failures = 0;

  /// When it may be dialed; absent if time alone changes nothing. May be past.
  std::optional<wall_time> next_attempt = {};

  /// Why it is, or is not, to be dialed, in words.
  std::string why = {};

  /// Only if the node runs: see `peer_state`.
  std::string state = {};

  /// Only if the node runs.
  std::optional<live_figures> figures = {};
};

/// As far as the store tells. What only the running node knows is left out:
/// whether it is connected, whether there is a slot.
/// @param configured whether the configuration wants it as a peer: it is tried
///                   again even if it did not fit.
peer_outlook outlook(const stored_peer& peer, bool configured, wall_time now);

} // namespace troupe::command
