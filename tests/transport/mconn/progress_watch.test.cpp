// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/progress_watch.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct progress_watch_fixture {
  void arrive(std::vector<progress_watch::half> halves) {
    uut.update(halves, now);
  }

  [[nodiscard]] errc check() const {
    return uut.check(now);
  }

  progress_watch uut{
      receive_limits{.progress_bytes = 100, .progress_time = 10s}};
  time_point now = time_point{} + 1h;
};

} // namespace

TEST_CASE("without a message in part there is nothing to wait for") {
  progress_watch_fixture world;
  CHECK(world.check() == errc::none);
  CHECK_FALSE(world.uut.next_wakeup());
  world.arrive({});
  world.now += 1h;
  CHECK(world.check() == errc::none);
}

TEST_CASE("a message has its time for each so many bytes") {
  progress_watch_fixture world;
  world.arrive({{.channel = 1, .size = 50}});
  CHECK(world.uut.next_wakeup() == world.now + 10s);
  world.now += 9s;
  SUBCASE("too little comes") {
    world.arrive({{.channel = 1, .size = 149}});
    CHECK(world.check() == errc::none);
    world.now += 1s;
    CHECK(world.check() == errc::stalled_message);
  }
  SUBCASE("enough comes, in pieces") {
    world.arrive({{.channel = 1, .size = 149}});
    world.arrive({{.channel = 1, .size = 150}});
    world.now += 9s;
    CHECK(world.check() == errc::none);
    world.now += 1s;
    CHECK(world.check() == errc::stalled_message);
  }
  SUBCASE("it is complete") {
    world.arrive({});
    world.now += 1h;
    CHECK(world.check() == errc::none);
  }
  SUBCASE("the next one of its channel has begun, and is smaller") {
    world.arrive({{.channel = 1, .number = 1, .size = 10}});
    world.now += 9s;
    CHECK(world.check() == errc::none);
    world.now += 1s;
    CHECK(world.check() == errc::stalled_message);
  }
}

TEST_CASE("each channel has its own time") {
  progress_watch_fixture world;
  world.arrive({{.channel = 1, .size = 1}});
  world.now += 5s;
  world.arrive({{.channel = 1, .size = 2}, {.channel = 2, .size = 1}});
  CHECK(world.uut.next_wakeup() == world.now + 5s);
  world.arrive({{.channel = 1, .size = 200}, {.channel = 2, .size = 2}});
  CHECK(world.uut.next_wakeup() == world.now + 10s);
  world.now += 10s;
  CHECK(world.check() == errc::stalled_message);
}

TEST_CASE("time stands still while we do not read") {
  progress_watch_fixture world;
  world.arrive({{.channel = 1, .size = 1}});
  world.now += 4s;
  world.uut.paused(world.now);
  world.uut.paused(world.now + 1s);
  CHECK_FALSE(world.uut.next_wakeup());
  world.now += 1h;
  CHECK(world.check() == errc::none);
  world.uut.resumed(world.now);
  world.uut.resumed(world.now + 1s);
  CHECK(world.uut.next_wakeup() == world.now + 6s);
  world.now += 6s;
  CHECK(world.check() == errc::stalled_message);
}
