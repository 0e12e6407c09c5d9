// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_traffic.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_class.hpp"
#include "troupe/peerstore/rules/score_explanation.hpp"

namespace troupe {

/// Where a peer stands, the most telling answer first.
enum class peer_state : uint8_t {
  /// Connected, and messages reach it.
  up,
  /// Connected, and not announced yet.
  connected,
  /// Connected, and about to be evicted.
  evicting,
  dialing,
  banned,
  blocked,
  incompatible,
  /// Nobody told us where it is.
  no_address,
  /// Another peer answers at its addresses, or is dialed there.
  address_in_use,
  /// It waits after failed dials, or after a connection ended.
  backing_off,
  /// All slots are taken, and no worse peer could make way.
  no_slot,
  /// It is dialed as soon as it is its turn.
  waiting,
};

/// Returns the name as it stands in the source.
std::string to_string(peer_state x);

/// One address of a peer in a report.
struct address_report {
  node_address address = {};
  uint32_t failures = 0;

  /// How long until it may be dialed again; 0 if it may be.
  duration wait = duration::zero();

  friend bool operator==(const address_report&, const address_report&)
      = default;
};

/// All about a peer, for operators. Times are relative to when it was made.
struct peer_report {
  node_id peer = {};
  peer_class kind = peer_class::ordinary;
  bool is_private = false;
  peer_state state = peer_state::waiting;

  /// Why the peer is or is not connected, in words.
  std::string explanation = {};

  score_explanation score = {};

  /// Once it is up: where it is, and what it says about itself.
  std::optional<peer_info> info = {};

  /// Only if connected, with the age of the connection.
  std::optional<direction> way = {};
  std::optional<duration> connected_for = {};

  /// Only if connected. The node adds it, whose connections know.
  peer_traffic traffic = {};

  /// How long the state lasts at least, where that is known.
  std::optional<duration> wait = {};

  /// How long until it may be dialed, whatever the address, after a connection
  /// ended.
  duration cooldown = duration::zero();

  std::vector<address_report> addresses = {};

  friend bool operator==(const peer_report&, const peer_report&) = default;
};

/// Returns a duration in words with one or two units: `2h 5m`, `12s`, `250ms`.
std::string in_words(duration x);

/// Says what the points of a score are for: `1.5 = 2.5 behaviour - 1.0 failed
/// dials`. The base stands for the class, which is named instead.
std::string in_words(const score_explanation& score);

} // namespace troupe
