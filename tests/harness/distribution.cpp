// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/distribution.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

namespace troupe::testing {

void distribution::add(duration value) {
  values_.push_back(value);
  sorted_ = false;
}

void distribution::merge(const distribution& other) {
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  sorted_ = false;
}

void distribution::sort() const {
  if (!sorted_)
    std::sort(values_.begin(), values_.end());
  sorted_ = true;
}

duration distribution::percentile(double percent) const {
  sort();
  const auto count = static_cast<double>(values_.size());
  const auto rank = static_cast<size_t>(std::ceil(percent / 100 * count));
  return values_[std::clamp<size_t>(rank, 1, values_.size()) - 1];
}

std::string distribution::text() const {
  if (values_.empty())
    return "nothing was measured";
  auto ms = [this](double percent) {
    return std::chrono::duration<double, std::milli>{percentile(percent)}
        .count();
  };
  return fmt::format(
      "p50 {:.1f} ms, p90 {:.1f} ms, p99 {:.1f} ms, most {:.1f} ms of {}",
      ms(50), ms(90), ms(99), ms(100), count());
}

} // namespace troupe::testing
