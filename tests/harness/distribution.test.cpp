// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/distribution.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe::testing;

SCENARIO("percentiles are values that were measured") {
  distribution times;
  for (int i = 100; i > 0; --i)
    times.add(i * 1ms);
  CHECK(times.percentile(0) == 1ms);
  CHECK(times.percentile(1) == 1ms);
  CHECK(times.percentile(50) == 50ms);
  CHECK(times.percentile(99) == 99ms);
  CHECK(times.percentile(99.5) == 100ms);
  CHECK(times.percentile(100) == 100ms);
  times.add(0ms);
  CHECK(times.percentile(0) == 0ms);
  CHECK(times.count() == 101);
}

SCENARIO("one value is every percentile") {
  distribution times;
  times.add(7ms);
  CHECK(times.percentile(0) == 7ms);
  CHECK(times.percentile(50) == 7ms);
  CHECK(times.percentile(100) == 7ms);
}

SCENARIO("what several runs measured is merged") {
  distribution all;
  distribution one;
  one.add(3ms);
  one.add(1ms);
  all.merge(one);
  all.add(2ms);
  CHECK(all.count() == 3);
  CHECK(all.percentile(50) == 2ms);
}

SCENARIO("the text has what one wants to know first") {
  distribution times;
  CHECK(times.text() == "nothing was measured");
  for (int i = 1; i <= 10; ++i)
    times.add(i * 100us);
  CHECK(times.text()
        == "p50 0.5 ms, p90 0.9 ms, p99 1.0 ms, most 1.0 ms of 10");
}
