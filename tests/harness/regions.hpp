// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_link.hpp"

namespace troupe::testing {

/// Places that hosts may be in, and how long a packet takes to another one and
/// back.
class region_table {
public:
  /// @param round_trips_ms a row for each name, with a number for each name;
  ///                       that of a region to itself is between two of its
  ///                       data centers.
  region_table(std::vector<std::string_view> names,
               std::vector<std::vector<double>> round_trips_ms);

  [[nodiscard]] size_t size() const {
    return names_.size();
  }

  [[nodiscard]] std::string_view name(size_t region) const {
    return names_.at(region);
  }

  /// From one region to the other and back. @pre both are below `size()`.
  [[nodiscard]] duration round_trip(size_t from, size_t to) const;

private:
  std::vector<std::string_view> names_;
  std::vector<std::vector<duration>> round_trips_;
};

/// What a link between two regions is like, besides its latency.
struct region_options {
  /// A packet takes up to this much longer than its latency, in thousandths.
  unsigned jitter_per_mille = 100;

  /// Bytes per second of each way between two nodes; 0 for no limit.
  uint64_t bandwidth = 12'500'000;
};

/// The link that leads from one region to another.
sim_link_options region_link(const region_table& table, size_t from, size_t to,
                             const region_options& options = {});

namespace regions {

/// Ten regions of IBM Cloud on four continents: averages of a month.
const region_table& ibm_cloud();

/// Three data centers of one region, Dallas.
const region_table& one_metro();

} // namespace regions

} // namespace troupe::testing
