// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "troupe/actors/operator/metrics.hpp"

namespace troupe {

/// Counts what a peer sends or gets on a channel. All peers count with the same
/// counters, on all threads, so that these are touched once for a run of
/// messages and not for each of them.
class traffic_meter {
public:
  explicit traffic_meter(traffic_counters to) : to_(to) {}

  /// Notes a message. It counts with the next `flush`.
  void add(size_t bytes) {
    bytes_ += bytes;
    ++messages_;
  }

  /// Whether nothing was noted since the last `flush`.
  [[nodiscard]] bool empty() const {
    return messages_ == 0;
  }

  /// Counts what was noted.
  void flush() {
    if (empty())
      return;
    to_.bytes->inc(static_cast<int64_t>(bytes_));
    to_.messages->inc(messages_);
    bytes_ = 0;
    messages_ = 0;
  }

private:
  traffic_counters to_;
  size_t bytes_ = 0;
  uint32_t messages_ = 0;
};

} // namespace troupe
