// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "troupe/messages/time.hpp"

namespace troupe::testing {

/// Times that a reactor measures in a simulation, and what most of them are
/// like. Keeps all of them: eight bytes each.
///
///     distribution latency;
///     ...                                 // In a reactor:
///     latency.add(self->clock().now() - sent_at);
///     ...
///     CHECK(latency.percentile(99) < 800ms);
class distribution {
public:
  void add(duration value);

  /// Adds all that another one has, that of another seed for instance.
  void merge(const distribution& other);

  [[nodiscard]] size_t count() const {
    return values_.size();
  }

  /// The smallest value that `percent` of a hundred values do not exceed; 0 is
  /// the smallest of all, 100 the greatest. @pre there is a value, and
  /// `percent` is between 0 and 100.
  [[nodiscard]] duration percentile(double percent) const;

  /// In one line: `p50 23.1 ms, p90 80.4 ms, p99 211.0 ms, most 230.2 ms of
  /// 97`.
  [[nodiscard]] std::string text() const;

private:
  void sort() const;

  // Sorted when somebody asks.
  mutable std::vector<duration> values_;
  mutable bool sorted_ = true;
};

} // namespace troupe::testing
