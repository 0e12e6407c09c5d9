// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/messages/time.hpp"

namespace troupe::command {

/// Round trips between two nodes: how many, the shortest and the longest of
/// all, and the median of the last `kept_max`, so that a demo may run for ever.
class round_trips {
public:
  static constexpr size_t kept_max = 1000;

  void add(duration rtt) {
    min_ = count_ == 0 ? rtt : std::min(min_, rtt);
    max_ = count_ == 0 ? rtt : std::max(max_, rtt);
    if (kept_.size() < kept_max)
      kept_.push_back(rtt);
    else
      kept_[count_ % kept_max] = rtt;
    ++count_;
  }

  /// Takes those between two other nodes in; their last ones count equally.
  void add(const round_trips& others) {
    if (others.count_ == 0)
      return;
    min_ = count_ == 0 ? others.min_ : std::min(min_, others.min_);
    max_ = count_ == 0 ? others.max_ : std::max(max_, others.max_);
    kept_.insert(kept_.end(), others.kept_.begin(), others.kept_.end());
    count_ += others.count_;
  }

  [[nodiscard]] uint64_t count() const noexcept {
    return count_;
  }

  /// 0 if there is none, as are the others.
  [[nodiscard]] duration min() const noexcept {
    return min_;
  }

  [[nodiscard]] duration max() const noexcept {
    return max_;
  }

  [[nodiscard]] duration median() const {
    if (kept_.empty())
      return {};
    auto sorted = kept_;
    const auto middle
        = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

  [[nodiscard]] size_t kept() const noexcept {
    return kept_.size();
  }

private:
  uint64_t count_ = 0;
  duration min_ = {};
  duration max_ = {};
  std::vector<duration> kept_;
};

} // namespace troupe::command
