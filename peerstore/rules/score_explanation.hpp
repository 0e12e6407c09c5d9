// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe {

/// What a score is made of, in points; for whoever asks why.
struct score_explanation {
  /// From the class of the peer.
  double base = 0;

  /// From what reactors reported, as far as it has not faded.
  double behaviour = 0;

  /// From failed dials of the address that failed least, not above 0.
  double failures = 0;

  /// From connections that ended soon after they began, not above 0.
  double short_connections = 0;

  [[nodiscard]] double total() const {
    return base + behaviour + failures + short_connections;
  }

  friend bool operator==(const score_explanation&, const score_explanation&)
      = default;
};

} // namespace troupe
