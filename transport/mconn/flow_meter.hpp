// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/time.hpp"

namespace troupe {

/// Limits the bytes that go one way over a connection (spec p2p, "Rate
/// limits").
///
/// Time is cut into periods of 100 ms, each with an allowance of a tenth of the
/// rate. Who asks before every batch and then counts all of it exceeds a period
/// by at most one batch. What a batch takes too much, later periods pay back,
/// so that the rate holds whatever the size of a batch; what a period leaves
/// over is lost, so that an idle connection saves up no burst.
class flow_meter {
public:
  /// Length of a period.
  static constexpr duration period = std::chrono::milliseconds{100};

  /// @param rate  bytes a second; absent or 0 means unlimited.
  explicit flow_meter(std::optional<uint64_t> rate = std::nullopt) noexcept;

  /// Returns how many bytes may go now: 0 while the limit is reached, the
  /// largest `size_t` without a limit.
  [[nodiscard]] size_t allowance(time_point now) noexcept;

  /// Accounts for `size` bytes, whether they were allowed or not.
  void count(size_t size, time_point now) noexcept;

  /// When `allowance` will be above 0. Nothing if it is already.
  [[nodiscard]] std::optional<time_point> next_wakeup(time_point now) noexcept;

private:
  void advance(time_point now) noexcept;

  /// Allowance of a period; 0 means unlimited.
  uint64_t per_period_;
  std::optional<time_point> period_start_;
  /// What counts against the allowance of the current period.
  uint64_t used_ = 0;
};

} // namespace troupe
