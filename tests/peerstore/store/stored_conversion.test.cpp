// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/stored_conversion.hpp"

#include "../rules/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr clock_pair clocks{time_point{10h}, wall_time{1'000'000h}};

} // namespace

TEST_CASE("both clocks tick alike") {
  for (auto shift : {-20h, -1h, 0h, 1h, 1000h}) {
    CHECK(clocks.to_wall(clocks.now + shift) == clocks.wall_now + shift);
    CHECK(clocks.to_steady(clocks.wall_now + shift) == clocks.now + shift);
  }
  // Rounded down, so that a thing of the past never comes out as of the future.
  CHECK(clocks.to_wall(clocks.now + 1ns) == clocks.wall_now);
  CHECK(clocks.to_wall(clocks.now - 1ns) == clocks.wall_now - 1ms);
}

TEST_CASE("what is beyond a clock ends up at its end") {
  CHECK(clocks.to_steady(wall_time::max()) == time_point::max());
  CHECK(clocks.to_steady(wall_time::min()) < time_point::min() + 11h);
  CHECK(clocks.to_wall(time_point::max()) > clocks.wall_now);
  CHECK(clocks.to_wall(time_point::min()) < clocks.wall_now);
  clock_pair odd{time_point{1h}, wall_time::max()};
  CHECK(odd.to_wall(time_point{2h}) == wall_time::max());
  CHECK(odd.to_steady(wall_time::min()) < time_point::min() + 2h);
  odd.wall_now = wall_time::min();
  CHECK(odd.to_wall(time_point{0h}) == wall_time::min());
  CHECK(odd.to_steady(wall_time::max()) == time_point::max());
}

TEST_CASE("the past is not after now, and the future not too far") {
  CHECK(clocks.past(clocks.wall_now + 1h) == clocks.now);
  CHECK(clocks.past(clocks.wall_now - 1h) == clocks.now - 1h);
  CHECK(clocks.future(clocks.wall_now + 3h, 2h) == clocks.now + 2h);
  CHECK(clocks.future(clocks.wall_now + 1h, 2h) == clocks.now + 1h);
  CHECK(clocks.future(clocks.wall_now - 1h, 2h) == clocks.now - 1h);
  CHECK(clocks.future(wall_time::max(), duration::max()) == time_point::max());
}
