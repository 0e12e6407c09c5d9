// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/compact_queue.hpp"
#include "troupe/messages/raw_bytes.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// A remote that takes nothing for this long, while there is something for it,
/// holds a place for which others could do something.
inline constexpr duration write_stall_max = std::chrono::seconds{30};

/// What has still to be written to a socket, and how far that has come. Whoever
/// owns the socket writes `next` and tells how much of it was `taken`.
///
///     open --add, taken--> open --end--> ended
///
/// Nothing is left of what was to be written once the stream has ended, and
/// nothing is added any more: there is no way back.
class stream_writer {
public:
  /// @param stall_max how long the network may take nothing.
  explicit stream_writer(duration stall_max = write_stall_max)
    : stall_max_(stall_max) {}

  /// Adds bytes behind what is there.
  void add(raw_bytes data, time_point now);

  /// Returns what comes next: the rest of the oldest buffer. Empty if there is
  /// nothing to write.
  [[nodiscard]] byte_view next() const;

  /// Notes that the network took the first `count` bytes of `next`.
  void taken(size_t count, time_point now);

  /// Returns the size of the buffers that were taken to their end since the
  /// last call, all of them together.
  [[nodiscard]] size_t take_finished() {
    return std::exchange(finished_, 0);
  }

  /// Whether the network has taken nothing for too long.
  [[nodiscard]] bool stalled(time_point now) const;

  /// When `stalled` holds unless something is taken until then.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// Ends the stream and drops what was to be written.
  void end();

  [[nodiscard]] bool ended() const noexcept {
    return ended_;
  }

private:
  duration stall_max_;
  compact_queue<raw_bytes> buffers_; // None of them empty.
  size_t offset_ = 0;                // Bytes of the first one that are taken.
  size_t finished_ = 0;
  time_point progress_ = {}; // The last one, or since when one is expected.
  bool ended_ = false;
};

} // namespace troupe
