// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/shared_rate.hpp"

namespace troupe {

/// Limits the bytes that go one way over a connection (spec p2p, "Rate
/// limits"): to a rate of its own, and to its share of the node's.
///
/// Time is cut into slices of 5 ms, each with its part of the rate. Who asks
/// before every batch and then counts all of it exceeds a slice by at most one
/// batch. What a batch takes too much, later slices pay back, so that the rate
/// holds whatever the size of a batch. What a slice leaves over is there for
/// the next one, so that an alarm that comes late costs nothing, and is lost
/// after that: an idle connection saves up no burst.
class flow_meter {
public:
  /// @param rate  bytes a second; absent or 0 means unlimited.
  /// @param share of the node's rate; null if that has no limit.
  explicit flow_meter(std::optional<uint64_t> rate = std::nullopt,
                      std::unique_ptr<shared_rate::share> share
                      = nullptr) noexcept;

  /// Returns how many bytes may go now: 0 while the limit is reached, the
  /// largest `size_t` without a limit.
  [[nodiscard]] size_t allowance(time_point now) noexcept;

  /// Accounts for `size` bytes, whether they were allowed or not.
  void count(size_t size, time_point now) noexcept;

  /// When `allowance` may be above 0. Nothing if it is already.
  [[nodiscard]] std::optional<time_point> next_wakeup(time_point now) noexcept;

private:
  void advance(time_point now) noexcept;

  rate_slices slices_;
  /// What may go in this slice, negative if earlier ones took more. Like
  /// `rate_slices`, in parts of a byte.
  int64_t left_;
  std::unique_ptr<shared_rate::share> share_;
};

} // namespace troupe
