// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace troupe::bench {

/// Returns the median of `values`, of which there is at least one; of an even
/// number the upper of the two in the middle.
template <class T>
T median(std::vector<T> values) {
  auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

} // namespace troupe::bench
