// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// Notices messages that have arrived in part and do not get on: a remote that
/// begins messages and never ends them would otherwise hold our memory for as
/// long as it likes.
class progress_watch {
public:
  /// A message of which a part has arrived.
  struct half {
    /// Position of its channel, small.
    size_t channel = 0;

    /// Tells it from earlier messages of the channel.
    uint64_t number = 0;

    /// Bytes that have arrived.
    size_t size = 0;
  };

  /// @param limits `progress_bytes` and `progress_time` count.
  explicit progress_watch(const receive_limits& limits)
    : bytes_(limits.progress_bytes),
      time_(limits.progress_time) {}

  /// Says which halves there are, whenever something has arrived.
  void update(const std::vector<half>& halves, time_point now);

  /// Notes that we do not read, so that nothing can get on. Idempotent.
  void paused(time_point now);

  /// Notes that we read again: time goes on where it had stopped. Idempotent.
  void resumed(time_point now);

  /// @returns `stalled_message` if there is one that does not get on.
  [[nodiscard]] errc check(time_point now) const;

  /// When `check` may have a new answer without a further event.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

private:
  struct entry {
    half what;
    /// When it has to be larger by `bytes_`, or complete.
    time_point deadline;
  };

  size_t bytes_;
  duration time_;
  std::vector<entry> entries_;
  std::optional<time_point> paused_at_;
};

} // namespace troupe
