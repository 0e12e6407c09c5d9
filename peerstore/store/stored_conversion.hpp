// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

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
/// or is wrong now, must not keep a peer waiting for years. So each record says
/// when it was written by the same clock: what it says about the future lasts
/// no longer than it did then.
struct clock_pair {
  time_point now = {};
  wall_time wall_now = {};

  /// Saturates at the ends of either clock.
  [[nodiscard]] wall_time to_wall(time_point when) const;

  /// Saturates at the ends of either clock.
  [[nodiscard]] time_point to_steady(wall_time when) const;

  /// For what has happened: not after `now`, nor before all that matters.
  [[nodiscard]] time_point past(wall_time when) const;

  /// For what is to come: not later than `longest` after `now`, and no longer
  /// from now than it was when it was written.
  /// @param written when that was; absent if nobody knows.
  [[nodiscard]] time_point future(wall_time when,
                                  const std::optional<wall_time>& written,
                                  duration longest) const;

  /// Whether one of the clocks has jumped since `before`, so that what was
  /// written then would be read wrongly.
  [[nodiscard]] bool jumped_since(const clock_pair& before) const;
};

/// No ban of which nobody knows when it was written outlasts this.
inline constexpr duration longest_loaded_ban = std::chrono::hours{24 * 3650};

/// Returns all of a record that outlives the process.
stored_peer to_stored(const node_id& id, const peer_record& peer,
                      const clock_pair& clocks, const score_options& score);

/// Takes what was stored over into a record, except the addresses.
void restore(peer_record& peer, const stored_peer& stored,
             const clock_pair& clocks, const peer_manager_options& options);

/// Takes what was stored about an address over.
/// @param written when it was stored.
/// @param longest_wait the longest that its failures imply.
void restore(address_record& known, const stored_address& stored,
             const std::optional<wall_time>& written, const clock_pair& clocks,
             duration longest_wait);

} // namespace troupe
