// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "troupe/messages/time.hpp"

namespace troupe {

/// Says how large datagrams may be. A path that took large ones may do so no
/// more, as when it leads through a tunnel all at once, and mostly nobody says
/// so: they get lost, one after the other. Small ones arrive, so that the
/// connection lives on, and its streams stand still (RFC 9000, 14.3; RFC 8899,
/// 4.3). ngtcp2 finds out once what a path takes, and does not look again.
///
/// So a stream that stands still for long makes all datagrams small that come
/// then, which nobody notices who was stopped by something else.
class path_size {
public:
  /// What every path takes (RFC 9000, 14).
  static constexpr size_t least = 1200;

  /// A stream stands still when nothing of it was acknowledged for this long,
  /// and for that many times as long as an acknowledgement may take: the packet
  /// was lost, and two probes.
  static constexpr duration patience_min = std::chrono::seconds{1};
  static constexpr int patience_probes = 3;

  /// When large ones are tried again (RFC 8899, 5.1.1), and then twice as long
  /// each time.
  static constexpr duration retry_first = std::chrono::minutes{10};
  static constexpr duration retry_max = std::chrono::hours{24};

  explicit path_size(size_t most) : most_(most) {}

  /// @param waiting_since when what was sent on some stream should have been
  ///                      acknowledged at the earliest; nothing if nothing is
  ///                      under way.
  /// @param probe how long an acknowledgement takes at most (PTO).
  void look(std::optional<time_point> waiting_since, duration probe,
            time_point now);

  /// The largest datagram that may be sent.
  [[nodiscard]] size_t allowed() const noexcept {
    return small_until_ ? least : most_;
  }

private:
  size_t most_;
  duration retry_ = retry_first;
  std::optional<time_point> small_until_;
};

} // namespace troupe
