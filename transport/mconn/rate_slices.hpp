// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/time.hpp"

namespace troupe {

/// Cuts the time of a rate into slices. What bytes a slice brings is no whole
/// number, so that all is counted in parts of a byte, 200 each: a slice brings
/// as many as the rate has bytes a second, and no rate is rounded.
class rate_slices {
public:
  static constexpr duration length = std::chrono::milliseconds{5};

  /// Parts of a byte.
  static constexpr int64_t parts = std::chrono::seconds{1} / length;

  /// A higher rate than any network has counts as none, which keeps sums from
  /// overflowing.
  static constexpr uint64_t rate_max = uint64_t{1} << 50;

  /// @param rate bytes a second; absent or 0 means unlimited.
  explicit rate_slices(std::optional<uint64_t> rate) noexcept
    : brings_(rate && *rate <= rate_max ? static_cast<int64_t>(*rate) : 0) {}

  [[nodiscard]] bool unlimited() const noexcept {
    return brings_ == 0;
  }

  /// What a slice brings.
  [[nodiscard]] int64_t each() const noexcept {
    return brings_;
  }

  /// What slices that have begun since the last call bring, but no more than
  /// `most`, which is not below 0.
  int64_t take(time_point now, int64_t most) noexcept {
    if (!start_)
      start_ = now;
    const auto begun = (now - *start_) / length;
    if (begun <= 0)
      return 0;
    *start_ += begun * length;
    return begun > most / brings_ ? most : begun * brings_;
  }

  /// When slices will have brought more than `missing`, counted from the
  /// current one.
  [[nodiscard]] time_point time_of(int64_t missing) const noexcept {
    return *start_ + std::min(missing / brings_ + 1, slices_max) * length;
  }

  /// Returns whole bytes, rounded up: or else a tiny rate would stop all.
  static size_t to_bytes(int64_t count) noexcept {
    return static_cast<size_t>((count + parts - 1) / parts);
  }

  static int64_t from_bytes(size_t size) noexcept {
    return static_cast<int64_t>(std::min<uint64_t>(size, rate_max)) * parts;
  }

private:
  /// Longest wait that is computed, about three years; keeps times from
  /// overflowing.
  static constexpr int64_t slices_max = 20'000'000'000;

  int64_t brings_;
  std::optional<time_point> start_;
};

} // namespace troupe
