// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/mapping_schedule.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

constexpr auto natpmp = mapping_protocol::natpmp;
constexpr auto upnp = mapping_protocol::upnp;

const endpoint here{"mconn", ip_address::v4(1, 2, 3, 4), 5, {}};
const endpoint there{"mconn", ip_address::v4(1, 2, 3, 4), 6, {}};

struct mapping_schedule_fixture {
  /// All protocols say no. @returns whether that is worth a line.
  bool fail_all() {
    REQUIRE(uut.next(now));
    CHECK_FALSE(uut.failed(now));
    REQUIRE(uut.next(now));
    return uut.failed(now);
  }

  time_point now = time_point{} + 1h;
  mapping_schedule uut{{natpmp, upnp}};
};

} // namespace

TEST_CASE("without protocols, there is nothing to ask") {
  mapping_schedule uut{{}};
  CHECK_FALSE(uut.next(time_point{}));
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE_FIXTURE(mapping_schedule_fixture, "one question is open at a time") {
  CHECK(uut.next_wakeup() <= now);
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.is_asking());
  CHECK_FALSE(uut.next(now));
  CHECK_FALSE(uut.next_wakeup());
  CHECK_FALSE(uut.failed(now));
  CHECK(uut.next(now) == upnp);
}

TEST_CASE_FIXTURE(mapping_schedule_fixture,
                  "what was granted is renewed after half of its "
                  "time") {
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.granted(here, 1h, now));
  CHECK(uut.where() == here);
  CHECK(uut.to_give_back() == std::vector{natpmp});
  CHECK(uut.next_wakeup() == now + 30min);
  CHECK_FALSE(uut.next(now + 30min - 1ns));
  now += 30min;
  CHECK(uut.next(now) == natpmp);
  CHECK_FALSE(uut.granted(here, 1h, now));
  now += 30min;
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.granted(there, 1h, now));
  CHECK(uut.to_give_back().size() == 1);
}

TEST_CASE_FIXTURE(mapping_schedule_fixture,
                  "a gateway that grants moments is not asked all "
                  "the time, and one that grants for ever is asked") {
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.granted(here, 1s, now));
  CHECK(uut.next_wakeup() == now + 10s);
  now += 10s;
  CHECK(uut.next(now) == natpmp);
  CHECK_FALSE(uut.granted(here, 0s, now));
  CHECK(uut.next_wakeup() == now + 1h);
}

TEST_CASE_FIXTURE(mapping_schedule_fixture,
                  "the pause after failures doubles up to an hour, "
                  "and only the first is worth a line") {
  CHECK(fail_all());
  for (auto pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    CHECK(uut.next_wakeup() == now + pause);
    CHECK_FALSE(uut.next(now + pause - 1ns));
    now += pause;
    CHECK_FALSE(fail_all());
  }
  now += 1h;
  REQUIRE(uut.next(now));
  CHECK(uut.granted(here, 1h, now));
  now += 30min;
  CHECK(fail_all());
  CHECK(uut.next_wakeup() == now + 1min);
}

TEST_CASE_FIXTURE(mapping_schedule_fixture,
                  "the protocol that worked is asked first") {
  CHECK(uut.next(now) == natpmp);
  CHECK_FALSE(uut.failed(now));
  CHECK(uut.next(now) == upnp);
  CHECK(uut.granted(here, 1h, now));
  now += 30min;
  CHECK(uut.next(now) == upnp);
  CHECK_FALSE(uut.failed(now));
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.granted(there, 1h, now));
  CHECK(uut.to_give_back() == std::vector{upnp, natpmp});
}

TEST_CASE_FIXTURE(mapping_schedule_fixture,
                  "a place that nobody renews is ours until its time "
                  "is over") {
  CHECK(uut.next(now) == natpmp);
  CHECK(uut.granted(here, 1h, now));
  now += 30min;
  CHECK(fail_all());
  CHECK(uut.where() == here);
  now += 30min;
  CHECK_FALSE(fail_all());
  CHECK_FALSE(uut.where());
  // The same place again is news then.
  now += 1h;
  REQUIRE(uut.next(now));
  CHECK(uut.granted(here, 1h, now));
}
