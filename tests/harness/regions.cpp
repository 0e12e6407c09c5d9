// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/regions.hpp"

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace troupe::testing {

region_table::region_table(std::vector<std::string_view> names,
                           std::vector<std::vector<double>> round_trips_ms)
  : names_(std::move(names)) {
  if (round_trips_ms.size() != names_.size())
    throw std::invalid_argument{"regions: expected a row for each name"};
  for (const auto& row : round_trips_ms) {
    if (row.size() != names_.size())
      throw std::invalid_argument{"regions: expected a number for each name"};
    auto& times = round_trips_.emplace_back();
    for (auto ms : row)
      // Whole microseconds, so that no build rounds in another way.
      times.push_back(std::chrono::microseconds{std::llround(ms * 1000)});
  }
}

duration region_table::round_trip(size_t from, size_t to) const {
  return round_trips_.at(from).at(to);
}

sim_link_options region_link(const region_table& table, size_t from, size_t to,
                             const region_options& options) {
  const auto way = table.round_trip(from, to) / 2;
  const auto worst = way + way * options.jitter_per_mille / 1000;
  return {.latency = sim_latency::uniform(way, worst),
          .bandwidth = options.bandwidth};
}

namespace regions {

// The numbers are averages that IBM published for 11 May to 9 June 2024:
// github.com/ibm-cloud-docs/vpc, _include-segments/network-latency.md, "Table
// 1" between regions and "Table 2" between zones of one region. They are round
// trips. From a region to itself: two milliseconds, as between its zones.
const region_table& ibm_cloud() {
  static const auto result = region_table{
      {"Dallas", "Toronto", "Washington DC", "Frankfurt", "London", "Madrid",
       "Osaka", "Sydney", "Tokyo", "Sao Paulo"},
      {
          {2, 34, 32, 122, 113, 119, 149, 186, 142, 144},
          {34, 2, 19, 93, 83, 108, 168, 215, 162, 132},
          {32, 20, 2, 95, 75, 89, 173, 214, 169, 118},
          {123, 92, 94, 2, 12, 29, 266, 286, 264, 197},
          {113, 83, 75, 12, 2, 26, 264, 284, 241, 186},
          {121, 108, 89, 29, 26, 2, 273, 293, 254, 209},
          {149, 169, 174, 266, 265, 275, 2, 124, 9, 291},
          {185, 216, 217, 288, 284, 293, 124, 2, 117, 329},
          {144, 162, 166, 264, 241, 255, 9, 117, 2, 285},
          {143, 131, 119, 196, 187, 209, 292, 327, 286, 2},
      }};
  return result;
}

const region_table& one_metro() {
  static const auto result = region_table{{"Dallas 1", "Dallas 2", "Dallas 3"},
                                          {
                                              {0.09, 2.06, 2.21},
                                              {2.06, 0.09, 2.21},
                                              {2.21, 2.21, 0.09},
                                          }};
  return result;
}

} // namespace regions

} // namespace troupe::testing
