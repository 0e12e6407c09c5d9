// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/intake.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("an intake is bounded in messages and in bytes, and has room again "
          "when something leaves") {
  intake uut{100, 3};
  CHECK(uut.enter(50));
  CHECK(uut.enter(49));
  CHECK_FALSE(uut.enter(2));
  CHECK(uut.enter(1));
  CHECK_FALSE(uut.enter(0));
  uut.leave(50);
  CHECK_FALSE(uut.enter(51));
  CHECK(uut.enter(50));
}

TEST_CASE("an intake lets in whatever comes alone") {
  intake uut{100, 1};
  CHECK(uut.enter(SIZE_MAX));
  CHECK_FALSE(uut.enter(1));
  uut.leave(SIZE_MAX);
  CHECK(uut.enter(1));
}
