// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

namespace troupe {

/// How many connections there may be. Absent means no limit; an absence, not
/// a 0, so that nobody can take one for the other. Unconditional peers do not
/// count. What follows from the numbers says `slots`.
struct connection_limits {
  /// Most connections, both ways, at least 1.
  std::optional<size_t> max_connected = 64;

  /// How many connections there may be above `max_connected` for the moment in
  /// which a better peer takes the place of a worse one. 0: no upgrades.
  size_t max_connected_upgrade = 4;

  /// Most connections that we dialed, dials in flight among them; at most
  /// `max_connected`. What is left stays free for peers that dial us.
  std::optional<size_t> max_outgoing = {};

  /// Most connections of peers that dialed us, at most `max_connected`. Absent:
  /// four fifths of that, so that there are always slots for peers that we
  /// dial.
  std::optional<size_t> max_incoming = {};

  /// Most peers that visit: for those that dial us when all slots are taken,
  /// and for whom nobody makes way, the connection lasts for `visit_time`, so
  /// that a newcomer who knows nobody else can ask whom we know. The limits
  /// above do not count them; there is one of a subnet at a time. 0: they are
  /// refused.
  size_t max_visitors = 0;

  friend bool operator==(const connection_limits&, const connection_limits&)
      = default;
};

} // namespace troupe
