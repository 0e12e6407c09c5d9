// SPDX-License-Identifier: Apache-2.0

// Nobody locks out others.

#include "tracker_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("an address cannot use up what is left for its neighbors") {
  auto limits = unlimited();
  limits.ip_rate = rate_limit{10, 100};
  limits.subnet_rate = rate_limit{40, 400};
  tracker_world world{limits};
  // A few addresses try as hard as they can, for a minute.
  size_t passed = 0;
  for (int step = 0; step < 600; ++step) {
    for (unsigned ip = 1; ip <= 8; ++ip)
      passed += world.passed(numbered(ip), 20);
    if (step % 10 == 9) {
      CAPTURE(step);
      // The same neighbor all the time, who asks once a second.
      CHECK(world.knock(numbered(200)) == errc::none);
    }
    world.now += 100ms;
  }
  CHECK(passed <= 400 + 60 * 40);
}

TEST_CASE("a subnet cannot use up what is left for the others") {
  auto limits = unlimited();
  limits.subnet_rate = rate_limit{40, 400};
  limits.total_rate = rate_limit{100, 500};
  tracker_world world{limits};
  size_t passed = 0;
  for (int step = 0; step < 600; ++step) {
    for (unsigned subnet = 1; subnet <= 8; ++subnet)
      passed += world.passed(numbered(subnet * 256), 50);
    if (step % 10 == 9) {
      CAPTURE(step);
      CHECK(world.knock(numbered(200 * 256)) == errc::none);
    }
    world.now += 100ms;
  }
  // What strangers cost us is bounded, and what may be had is had.
  CHECK(passed <= 500 + 60 * 100);
  CHECK(passed >= 60 * 90);
}

TEST_CASE("a full table forgets who was quiet for longest, and never a live "
          "connection") {
  auto limits = unlimited();
  limits.tracked_max = 10;
  limits.ip_rate = rate_limit{1, 100};
  tracker_world world{limits};
  CHECK(world.open(numbered(0)) == errc::none);
  for (unsigned i = 1; i < 10; ++i)
    CHECK(world.passed(numbered(i), 100) == 100);
  CHECK(world.uut.tracked_ips() == 10);
  // The address 1 is busy again, so that 2 was quiet for longest.
  CHECK(world.knock(numbered(1)) == errc::rate_limited);
  CHECK(world.knock(numbered(10)) == errc::none);
  CHECK(world.uut.tracked_ips() == 10);
  CHECK(world.knock(numbered(1)) == errc::rate_limited);
  CHECK(world.uut.live(numbered(0)) == 1);
  // Who comes while it is full gets one attempt, not a burst: there is nothing
  // to gain from addresses to rotate through.
  CHECK(world.knock(numbered(10)) == errc::rate_limited);
  CHECK(world.passed(numbered(2), 100) == 1);
  CHECK(world.passed(numbered(11), 100) == 1);
  CHECK(world.uut.tracked_ips() == 10);
}

TEST_CASE("a flood from ever new addresses stays within the table") {
  inbound_limits limits;
  limits.tracked_max = 1000;
  tracker_world world{limits};
  size_t passed = 0;
  for (unsigned i = 0; i < 200'000; ++i) {
    passed += world.knock(numbered(i * 256)) == errc::none ? 1 : 0;
    world.now += 100us;
    REQUIRE(world.uut.tracked_ips() <= limits.tracked_max);
    REQUIRE(world.uut.tracked_subnets() <= limits.tracked_max);
  }
  // 20 seconds.
  CHECK(passed <= 500 + 20 * 100);
}

TEST_CASE("a table that is full of connections takes no more addresses") {
  auto limits = unlimited();
  limits.tracked_max = 2;
  tracker_world world{limits};
  CHECK(world.open("10.0.0.1") == errc::none);
  CHECK(world.open("10.0.0.2") == errc::none);
  CHECK(world.open("10.0.0.3") == errc::rate_limited);
  CHECK(world.open("10.0.0.2") == errc::none);
  world.slots.erase(world.slots.begin());
  CHECK(world.open("10.0.0.3") == errc::none);
}
