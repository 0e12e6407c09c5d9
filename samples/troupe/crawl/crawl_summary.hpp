// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/samples/troupe/crawl/crawl_map.hpp"

namespace troupe::command {

/// How values are spread.
struct spread {
  double min = 0;
  double median = 0;
  double p90 = 0;
  double max = 0;

  friend bool operator==(const spread&, const spread&) = default;
};

/// What a crawl comes to, in numbers.
struct crawl_summary {
  /// How many nodes are in each state, by its number.
  std::array<size_t, crawl_state_count> by_state = {};

  /// How many of those that connected have each version, most first.
  std::vector<std::pair<std::string, size_t>> by_version = {};

  /// How many others a node told of, or was told by. Absent without nodes.
  std::optional<spread> degree = {};

  /// In milliseconds; absent if nobody connected, or answered.
  std::optional<spread> connect_ms = {};
  std::optional<spread> answer_ms = {};
};

/// Returns the spread of some values, if there are any: the value below which
/// half of them are, and nine in ten.
std::optional<spread> spread_of(std::vector<double> values);

/// Returns how many others each node told of, or was told by.
std::vector<uint32_t> degrees_of(const crawl_map& map);

/// Sums up what is known.
crawl_summary summarise(const crawl_map& map);

} // namespace troupe::command
