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
  CHECK(clocks.future(clocks.wall_now + 3h, {}, 2h) == clocks.now + 2h);
  CHECK(clocks.future(clocks.wall_now + 1h, {}, 2h) == clocks.now + 1h);
  CHECK(clocks.future(clocks.wall_now - 1h, {}, 2h) == clocks.now - 1h);
  CHECK(clocks.future(wall_time::max(), {}, duration::max())
        == time_point::max());
}

TEST_CASE("what is to come lasts no longer than when it was written, whatever "
          "the clock did since") {
  // Written as something that lasts for another hour.
  for (auto moved : {-100'000h, -2h, -1h, 0h, 100'000h}) {
    auto written = clocks.wall_now + moved;
    auto left = clocks.future(written + 1h, written, 24h) - clocks.now;
    CHECK(left <= duration{1h});
    if (moved >= 0h)
      CHECK(left == duration{1h});
  }
  CHECK(clocks.future(clocks.wall_now + 1h, clocks.wall_now - 1h, 24h)
        == clocks.now + 1h);
  // Nonsense is over.
  CHECK(clocks.future(clocks.wall_now + 1h, clocks.wall_now + 2h, 24h)
        <= clocks.now);
}

TEST_CASE("a clock that is set right by a little drifts, by more it jumps") {
  auto later = clocks;
  later.now += 5h;
  later.wall_now += 5h;
  CHECK_FALSE(later.jumped_since(clocks));
  for (auto off : {-10s, 10s}) {
    auto moved = later;
    moved.wall_now += off;
    CHECK_FALSE(moved.jumped_since(clocks));
    moved.wall_now += off > 0s ? 1s : -1s;
    CHECK(moved.jumped_since(clocks));
  }
  later.wall_now = wall_time::min();
  CHECK(later.jumped_since(clocks));
}

TEST_CASE("no past is so far away that a difference overflows") {
  auto late = clocks;
  late.wall_now = wall_time::max();
  CHECK(late.past(wall_time{}) >= late.now - 900'000h);
  CHECK(late.past(wall_time::min()) >= late.now - 900'000h);
}
