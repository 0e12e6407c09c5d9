// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/shed_tally.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct shed_tally_fixture {
  /// Takes one entry. @returns how many messages; 0 if there is none.
  uint64_t take() {
    auto all = uut.take(now);
    CHECK(all.size() <= 1);
    return all.empty() ? 0 : all.front().messages;
  }

  const shed_kind in{7, direction::inbound, "queue_full"};
  const shed_kind out{7, direction::outbound, "queue_full"};
  time_point now = time_point{} + 1h;
  shed_tally uut{1s};
};

} // namespace

TEST_CASE_FIXTURE(shed_tally_fixture,
                  "the first shed message is told at once, the rest "
                  "once a pause, and all of it is counted") {
  CHECK_FALSE(uut.next_wakeup());
  CHECK(take() == 0);
  uut.add(in, 1);
  REQUIRE(uut.next_wakeup());
  CHECK(*uut.next_wakeup() <= now);
  CHECK(take() == 1);
  CHECK_FALSE(uut.next_wakeup());
  for (int i = 0; i < 1000; ++i)
    uut.add(in, 2);
  now += 999ms;
  CHECK(take() == 0);
  CHECK(uut.next_wakeup() == now + 1ms);
  now += 1ms;
  CHECK(take() == 2000);
  CHECK(take() == 0);
}

TEST_CASE_FIXTURE(shed_tally_fixture, "one kind does not delay another") {
  uut.add(in, 1);
  CHECK(take() == 1);
  uut.add(in, 1);
  uut.add(out, 3);
  auto all = uut.take(now);
  REQUIRE(all.size() == 1);
  CHECK(all.front().what == out);
  CHECK(all.front().messages == 3);
}
