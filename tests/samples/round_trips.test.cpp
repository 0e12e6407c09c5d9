// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/round_trips.hpp"

#include <doctest/doctest.h>

using namespace troupe::command;
using namespace std::chrono_literals;

TEST_CASE("round trips are counted for ever, and a bounded number is kept") {
  round_trips uut;
  CHECK(uut.count() == 0);
  CHECK(uut.median() == 0s);
  uut.add(5us);
  CHECK(uut.min() == 5us);
  CHECK(uut.median() == 5us);
  CHECK(uut.max() == 5us);
  uut.add(1us);
  uut.add(900us);
  CHECK(uut.median() == 5us);
  for (size_t i = 0; i < 10 * round_trips::kept_max; ++i)
    uut.add(7us);
  CHECK(uut.count() == 3 + 10 * round_trips::kept_max);
  CHECK(uut.kept() == round_trips::kept_max);
  CHECK(uut.min() == 1us);
  CHECK(uut.max() == 900us);
  CHECK(uut.median() == 7us);
}

TEST_CASE("the sum of round trips has those of both") {
  round_trips one;
  one.add(1us);
  one.add(2us);
  round_trips all;
  all.add(round_trips{});
  CHECK(all.count() == 0);
  all.add(one);
  round_trips two;
  two.add(9us);
  all.add(two);
  CHECK(all.count() == 3);
  CHECK(all.min() == 1us);
  CHECK(all.median() == 2us);
  CHECK(all.max() == 9us);
}
