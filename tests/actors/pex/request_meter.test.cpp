// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/request_meter.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

using verdict = request_meter::verdict;

struct request_meter_fixture {
  verdict request(uint8_t peer = 1) {
    return uut.requested(numbered_id(peer), now);
  }

  time_point now = time_point{} + 1h;
  request_meter uut{{}, now};
};

} // namespace

TEST_CASE_FIXTURE(request_meter_fixture,
                  "a request right behind another is counted and "
                  "tolerated") {
  uut.up(numbered_id(1), now);
  for (int i = 0; i < 8; ++i)
    CHECK(request() == verdict::answer);
  CHECK(uut.early() == 0);
  CHECK(request() == verdict::early);
  CHECK(request() == verdict::early);
  CHECK(uut.early() == 2);
  now += 2s;
  CHECK(request() == verdict::answer);
}

TEST_CASE_FIXTURE(request_meter_fixture,
                  "an early request is answered later, and several "
                  "that do not wait together") {
  uut.up(numbered_id(1), now);
  while (request() == verdict::answer)
    CHECK_FALSE(uut.next_wakeup());
  const auto due = now + 2s;
  CHECK(uut.next_wakeup() == due);
  now += 1s;
  CHECK(request() == verdict::early);
  CHECK(uut.next_wakeup() == due);
  CHECK_FALSE(uut.next_due(due - 1ms));
  CHECK(uut.next_due(due) == numbered_id(1));
  CHECK_FALSE(uut.next_due(due));
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE_FIXTURE(request_meter_fixture,
                  "who is gone before its answer is due gets none") {
  uut.up(numbered_id(1), now);
  while (request() == verdict::answer)
    CHECK(uut.early() == 0);
  bool back = false;
  SUBCASE("for good") {}
  SUBCASE("and is back") {
    back = true;
  }
  uut.down(numbered_id(1));
  if (back)
    uut.up(numbered_id(1), now);
  CHECK_FALSE(uut.next_wakeup());
  CHECK_FALSE(uut.next_due(now + 1h));
}

TEST_CASE_FIXTURE(request_meter_fixture,
                  "nobody who asks as any release does is ever to "
                  "blame") {
  duration interval;
  bool always_served = false;
  SUBCASE("CometBFT, every 30 s") {
    interval = 30s;
    always_served = true;
  }
  SUBCASE("as often as CometBFT allows") {
    interval = 10s;
    always_served = true;
  }
  SUBCASE("Tendermint from 0.35.6 on, every 200 ms") {
    interval = 200ms;
  }
  SUBCASE("Tendermint up to 0.35.5, every 100 ms") {
    interval = 100ms;
  }
  uut.up(numbered_id(1), now);
  const auto end = now + 1h;
  for (; now < end; now += interval) {
    const auto what = request();
    REQUIRE(what != verdict::flood);
    if (always_served)
      REQUIRE(what == verdict::answer);
  }
}

TEST_CASE_FIXTURE(request_meter_fixture,
                  "who asks without end is to blame, and is as long "
                  "as it goes on") {
  uut.up(numbered_id(1), now);
  uut.up(numbered_id(2), now);
  for (int i = 0; i < 200; ++i)
    CHECK(request() != verdict::flood);
  CHECK(request() == verdict::flood);
  CHECK(request() == verdict::flood);
  CHECK(request(2) == verdict::answer);
  now += 10s;
  CHECK(request() == verdict::answer);
}

TEST_CASE_FIXTURE(request_meter_fixture,
                  "who asks before we know that it is there is served "
                  "and never to blame") {
  int answers = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto what = request(static_cast<uint8_t>(i % 200 + 1));
    CHECK(what != verdict::flood);
    answers += what == verdict::answer;
  }
  CHECK(answers == 200);
  CHECK(uut.size() == 0);
}

TEST_CASE_FIXTURE(request_meter_fixture, "peers that are gone are forgotten") {
  for (int round = 0; round < 5; ++round)
    for (int peer = 1; peer < 200; ++peer) {
      uut.up(numbered_id(static_cast<uint8_t>(peer)), now);
      request(static_cast<uint8_t>(peer));
      uut.down(numbered_id(static_cast<uint8_t>(peer)));
    }
  CHECK(uut.size() == 0);
}
