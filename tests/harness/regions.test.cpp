// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/regions.hpp"

#include <chrono>
#include <stdexcept>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

SCENARIO("a table has a round trip for each pair of regions") {
  for (const auto* table : {&regions::ibm_cloud(), &regions::one_metro()}) {
    for (size_t a = 0; a < table->size(); ++a)
      for (size_t b = 0; b < table->size(); ++b) {
        CAPTURE(table->name(a));
        CAPTURE(table->name(b));
        CHECK(table->round_trip(a, b) > 0ms);
        CHECK(table->round_trip(a, b) < 400ms);
        // Both ways were measured by themselves, and differ by little.
        CHECK(table->round_trip(a, b) - table->round_trip(b, a) <= 5ms);
        CHECK(table->round_trip(a, a) <= table->round_trip(a, b));
      }
  }
  CHECK(regions::ibm_cloud().size() == 10);
  CHECK(regions::ibm_cloud().name(3) == "Frankfurt");
  CHECK(regions::ibm_cloud().round_trip(3, 4) == 12ms);
  CHECK(regions::one_metro().round_trip(0, 1) == 2060us);
}

SCENARIO("a packet takes half a round trip, and a little more") {
  const auto link = region_link(regions::ibm_cloud(), 0, 9,
                                {.jitter_per_mille = 50, .bandwidth = 1000});
  CHECK(link.bandwidth == 1000);
  CHECK(link.latency.worst() == 75'600us);
  auto random = sim_random{1};
  for (int i = 0; i < 100; ++i) {
    CHECK(link.latency.draw(random) >= 72ms);
    CHECK(link.latency.draw(random) <= 75'600us);
  }
}

SCENARIO("a table that is not square is refused") {
  CHECK_THROWS_AS(region_table({"a", "b"}, {{1, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(region_table({"a", "b"}, {{1, 2}, {3}}),
                  std::invalid_argument);
}
