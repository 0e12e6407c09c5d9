// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log_limiter.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct log_limiter_fixture {
  /// @returns how many of `count` lines may be written.
  size_t write(std::string_view kind, size_t count) {
    size_t result = 0;
    for (size_t i = 0; i < count; ++i)
      result += uut.admit(kind, now) ? 1 : 0;
    return result;
  }

  time_point now{1h};
  log_limiter uut{{.rate = {2, 5}, .summary_interval = 10s}};
};

} // namespace

TEST_CASE("a kind of line has a burst, and a rate after that") {
  log_limiter_fixture world;
  CHECK(world.write("refused", 1000) == 5);
  world.now += 1s;
  CHECK(world.write("refused", 1000) == 2);
  world.now += 1h;
  CHECK(world.write("refused", 1000) == 5);
}

TEST_CASE("a kind of line that floods does not hide the others") {
  log_limiter_fixture world;
  world.write("refused", 1000);
  CHECK(world.write("peer_up", 3) == 3);
}

TEST_CASE("what was left out is counted, and told once in a while") {
  log_limiter_fixture world;
  using summaries = std::vector<log_limiter::summary>;
  CHECK(world.uut.next_wakeup() == std::nullopt);
  world.write("refused", 5);
  CHECK(world.uut.next_wakeup() == std::nullopt);
  world.write("refused", 10);
  const auto begin = world.now;
  world.now += 4s;
  world.write("peer_up", 6);
  world.write("refused", 8); // Three of them are left out.
  CHECK(world.uut.next_wakeup() == begin + 10s);
  world.now += 6s - 1ns;
  CHECK(world.uut.take_summaries(world.now).empty());
  world.now += 1ns;
  CHECK(world.uut.take_summaries(world.now) == summaries{{"refused", 13}});
  CHECK(world.uut.next_wakeup() == begin + 14s);
  world.now += 4s;
  CHECK(world.uut.take_summaries(world.now) == summaries{{"peer_up", 1}});
  CHECK(world.uut.next_wakeup() == std::nullopt);
}
