// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"

namespace troupe {

/// Translates between the clock that cores measure with, which begins anew with
/// every process, and the time of day, which is stored and may jump. Knows both
/// at one instant.
///
/// What was stored is not trusted: a clock that was wrong when it was written,
/// or is wrong now, must not keep a peer waiting for years.
struct clock_pair {
  time_point now = {};
  wall_time wall_now = {};

  /// Saturates at the ends of either clock.
  [[nodiscard]] wall_time to_wall(time_point when) const;

  /// Saturates at the ends of either clock.
  [[nodiscard]] time_point to_steady(wall_time when) const;

  /// For what has happened: not after `now`.
  [[nodiscard]] time_point past(wall_time when) const;

  /// For what is to come: not later than `longest` after `now`.
  [[nodiscard]] time_point future(wall_time when, duration longest) const;
};

/// No ban outlasts this when it is loaded.
inline constexpr duration longest_loaded_ban = std::chrono::hours{24 * 3650};

/// Returns all of a record that outlives the process.
stored_peer to_stored(const node_id& id, const peer_record& peer,
                      const clock_pair& clocks, const score_options& score);

/// Takes what was stored over into a record, except the addresses.
void restore(peer_record& peer, const stored_peer& stored,
             const clock_pair& clocks, const peer_manager_options& options);

/// Takes what was stored about an address over.
void restore(address_record& known, const stored_address& stored,
             const clock_pair& clocks, duration longest_wait);

} // namespace troupe
