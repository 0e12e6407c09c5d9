// SPDX-License-Identifier: Apache-2.0
#include "filling.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// The longest of all seeds: simulated time does not depend on the machine.
duration slowest(filling what, uint64_t seeds) {
  duration result = {};
  for (what.seed = 1; what.seed <= seeds; ++what.seed) {
    CAPTURE(what.seed);
    auto time = time_to_fill(what);
    REQUIRE(time.has_value());
    result = std::max(result, *time);
  }
  return result;
}

} // namespace

TEST_CASE("slots are filled from a store of addresses half of which refuse") {
  // A dial and a handshake take a fifth of a second, and each round of dials
  // fills half of what is left.
  CHECK(slowest({.dead = dead_end::refused}, 10) < 3s);
}

TEST_CASE("slots are filled from a store of addresses half of which are "
          "silent") {
  // Who says nothing for a second has no slot any more, and from then on three
  // are dialed for each, every quarter of a second.
  CHECK(slowest({.dead = dead_end::silent}, 10) <= 2s);
}
