// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_clock.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <caf/action.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr auto start = time_point{} + 1h;

struct sim_clock_fixture {
  caf::disposable set(time_point when, std::string what) {
    return static_cast<caf::actor_clock&>(clock).schedule(
        when, caf::make_action([this, what] { fired += what; }));
  }

  sim_clock clock{start};
  std::string fired;
};

} // namespace

TEST_CASE_FIXTURE(sim_clock_fixture,
                  "time stands still until it is told to pass") {
  CHECK(clock.now() == start);
  CHECK_FALSE(clock.next());
  set(start + 5s, "a");
  CHECK(clock.next() == start + 5s);
  CHECK(clock.now() == start);
  clock.advance_to(start + 3s);
  CHECK(clock.now() == start + 3s);
  CHECK(fired.empty());
}

TEST_CASE_FIXTURE(sim_clock_fixture, "alarms fire in the order of their time") {
  set(start + 2s, "b");
  set(start + 1s, "a");
  set(start + 3s, "c");
  clock.fire();
  CHECK(clock.now() == start + 1s);
  CHECK(fired == "a");
  clock.fire();
  clock.fire();
  CHECK(fired == "abc");
  CHECK(clock.now() == start + 3s);
  CHECK_FALSE(clock.next());
}

TEST_CASE_FIXTURE(sim_clock_fixture,
                  "alarms of one instant fire in the order of setting") {
  for (auto what : {"a", "b", "c"})
    set(start + 1s, what);
  while (clock.next())
    clock.fire();
  CHECK(fired == "abc");
}

TEST_CASE_FIXTURE(sim_clock_fixture, "an alarm in the past fires now") {
  set(start - 1s, "a");
  REQUIRE(clock.next());
  clock.fire();
  CHECK(fired == "a");
  CHECK(clock.now() == start);
}

TEST_CASE_FIXTURE(sim_clock_fixture, "a cancelled alarm does not fire") {
  auto first = set(start + 1s, "a");
  set(start + 2s, "b");
  CHECK(clock.sweep() == 2);
  first.dispose();
  CHECK(clock.next() == start + 2s);
  CHECK(clock.sweep() == 1);
  clock.fire();
  CHECK(fired == "b");
}

TEST_CASE_FIXTURE(sim_clock_fixture, "an alarm may set another one") {
  static_cast<caf::actor_clock&>(clock).schedule(
      start + 1s, caf::make_action([this] { set(clock.now() + 1s, "b"); }));
  clock.fire();
  CHECK(clock.next() == start + 2s);
  clock.fire();
  CHECK(fired == "b");
}

TEST_CASE_FIXTURE(sim_clock_fixture, "alarms can be forgotten") {
  set(start + 1s, "a");
  clock.clear();
  CHECK_FALSE(clock.next());
  CHECK(clock.sweep() == 0);
}
