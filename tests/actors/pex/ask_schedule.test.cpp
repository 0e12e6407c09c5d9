// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/ask_schedule.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

struct ask_schedule_fixture {
  explicit ask_schedule_fixture(ask_options how = {}) : options(how) {}

  void up(uint8_t peer, direction way = direction::outbound) {
    uut.up(numbered_id(peer), way, pex_dialect::legacy);
  }

  void down(uint8_t peer) {
    uut.down(numbered_id(peer));
  }

  /// The number of the peer that is asked now, 0 if nobody is.
  int ask() {
    auto what = uut.next(now);
    for (int peer = 1; what && peer < 250; ++peer)
      if (what->peer == numbered_id(static_cast<uint8_t>(peer)))
        return peer;
    return 0;
  }

  /// An answer arrives, with that many new addresses.
  void answer(uint8_t peer, size_t fresh = 0, double level = 0) {
    uut.answered(numbered_id(peer), now);
    uut.learned(fresh, level);
  }

  void silence(uint8_t peer) {
    uut.silent(numbered_id(peer), now);
  }

  /// How long until there is something to do.
  duration rest() {
    auto when = uut.next_wakeup();
    REQUIRE(when.has_value());
    return std::max(*when, now) - now;
  }

  /// Lets time pass to the next thing to do.
  void skip() {
    now += rest();
  }

  ask_options options;
  testing::sim_random random{1};
  ask_schedule uut{options, random};
  time_point now = time_point{} + 1h;
};

} // namespace

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a peer is asked as soon as it is there") {
  CHECK(ask() == 0);
  CHECK_FALSE(uut.next_wakeup().has_value());
  SUBCASE("if we dialed it") {
    up(1);
  }
  SUBCASE("if it dialed us and nobody else is there") {
    up(1, direction::inbound);
  }
  CHECK(ask() == 1);
  CHECK(ask() == 0);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "every peer that we dial is asked at once, whatever "
                  "the interval has become") {
  up(1);
  for (int i = 0; i < 20; ++i) {
    skip();
    if (ask() == 1)
      answer(1);
    now += 1s;
  }
  CHECK(uut.interval() > 1min);
  up(2);
  CHECK(ask() == 2);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "who dialed us is asked if all others have been of "
                  "late") {
  up(1, direction::inbound);
  up(2);
  up(3);
  CHECK(ask() == 2);
  now += 200ms;
  CHECK(ask() == 3);
  now += 200ms;
  CHECK(ask() == 1);
  now += 200ms;
  CHECK(ask() == 0);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "no peer is asked while a question to it is open") {
  up(1);
  CHECK(ask() == 1);
  now += 19s;
  CHECK(ask() == 0);
  CHECK_FALSE(uut.next_wakeup().has_value());
  answer(1, 9);
  // And then CometBFT wants a pause.
  now += 9999ms;
  CHECK(ask() == 0);
  CHECK(rest() == 1ms);
  now += 1ms;
  CHECK(ask() == 1);
}

TEST_CASE("no peer reads questions of ours more often than CometBFT allows, "
          "however long questions and answers take") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    ask_schedule_fixture f;
    testing::sim_random delays{seed};
    auto delay = [&delays](uint64_t ms) {
      return std::chrono::milliseconds{delays.below(ms)};
    };
    f.up(1);
    time_point read = {};
    int asked = 0;
    const auto end = f.now + 1h;
    while (f.now < end) {
      f.skip();
      REQUIRE(f.ask() == 1);
      // What is sent arrives in order.
      const auto reads = std::max(read, f.now + delay(9'000));
      if (asked > 0)
        CHECK(reads - read >= 10s);
      read = reads;
      ++asked;
      f.now = reads + delay(9'000);
      // It always has news, so that we want to ask again soon.
      f.answer(1, 9);
    }
    CHECK(asked > 100);
  }
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "what arrives meanwhile does not put off the next "
                  "question") {
  up(1);
  up(2);
  CHECK(ask() == 1);
  answer(1);
  now += 200ms;
  CHECK(ask() == 2);
  answer(2);
  const auto due = *uut.next_wakeup();
  while (now < due) {
    CHECK(ask() == 0);
    // Peers come, go and say what nobody asked for.
    up(3, direction::inbound);
    uut.answered(numbered_id(1), now);
    uut.silent(numbered_id(2), now);
    down(3);
    CHECK(*uut.next_wakeup() == due);
    now += 100ms;
  }
  CHECK(ask() != 0);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a peer that never answers is asked again later, "
                  "and others meanwhile") {
  up(1);
  up(2);
  std::vector<time_point> questions;
  int others = 0;
  auto silent_at = time_point::max();
  for (const auto end = now + 40min; now < end;) {
    if (now >= silent_at) {
      silence(1);
      silent_at = time_point::max();
    }
    const auto who = ask();
    if (who == 1) {
      questions.push_back(now);
      silent_at = now + options.answer_time;
    } else if (who == 2) {
      // There is always something new.
      answer(2, 1);
      ++others;
    }
    now += 100ms;
  }
  // 20 s to wait for each; then 2, 4, 8, 10 and 10 minutes.
  REQUIRE(questions.size() == 6);
  const duration waits[] = {2min, 4min, 8min, 10min, 10min};
  for (size_t i = 0; i < 5; ++i) {
    CHECK(questions[i + 1] - questions[i] >= waits[i] + 20s);
    CHECK(questions[i + 1] - questions[i] < waits[i] + 50s);
  }
  CHECK(others > 100);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a peer that answers again is as good as any") {
  up(1);
  CHECK(ask() == 1);
  silence(1);
  CHECK(rest() == 2min);
  now += 2min;
  CHECK(ask() == 1);
  silence(1);
  CHECK(rest() == 4min);
  now += 4min;
  CHECK(ask() == 1);
  answer(1);
  CHECK(rest() == 10s);
  now += 10s;
  CHECK(ask() == 1);
  silence(1);
  CHECK(rest() == 2min);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "answers without news make questions rare, and news "
                  "make them frequent") {
  uut.learned(0, 0);
  CHECK(uut.interval() == 400ms);
  uut.learned(0, 0);
  CHECK(uut.interval() == 800ms);
  uut.learned(1, 0);
  CHECK(uut.interval() == 800ms);
  uut.learned(3, 0);
  CHECK(uut.interval() == 400ms);
  for (int i = 0; i < 100; ++i)
    uut.learned(0, 0);
  CHECK(uut.interval() == 10min);
  uut.learned(SIZE_MAX, 0);
  CHECK(uut.interval() >= 200ms);
  uut.learned(100, 0);
  CHECK(uut.interval() == 200ms);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a node that knows about as many as it may rests, "
                  "new peers or not") {
  up(1);
  CHECK(ask() == 1);
  answer(1, 100, 0.95);
  up(2);
  CHECK(ask() == 0);
  CHECK(rest() == 10min);
  now += 10min;
  CHECK(ask() == 2);
  answer(2, 0, 0.94);
  now += 400ms;
  CHECK(ask() == 1);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "after a loss we look for new peers within half a "
                  "minute") {
  up(1);
  up(2);
  up(3);
  for (int i = 0; i < 30; ++i)
    uut.learned(0, 0);
  while (ask() != 0)
    now += 200ms;
  for (uint8_t peer : {1, 2, 3})
    answer(peer);
  CHECK(rest() > 9min);
  down(2);
  CHECK(rest() <= 30s);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a question that did not get on its way is none") {
  up(1);
  CHECK(ask() == 1);
  uut.not_sent(numbered_id(1), now);
  CHECK(rest() == 10s);
  uut.not_sent(numbered_id(7), now);
  now += 10s;
  CHECK(ask() == 1);
}

TEST_CASE_FIXTURE(ask_schedule_fixture,
                  "a peer is asked in the dialect that it understands") {
  uut.up(numbered_id(1), direction::outbound, pex_dialect::urls);
  CHECK(uut.next(now)->dialect == pex_dialect::urls);
  up(2);
  now += 1s;
  CHECK(uut.next(now)->dialect == pex_dialect::legacy);
  up(3);
  uut.understands_urls(numbered_id(3));
  uut.understands_urls(numbered_id(4));
  now += 1s;
  CHECK(uut.next(now)->dialect == pex_dialect::urls);
}

TEST_CASE_FIXTURE(ask_schedule_fixture, "peers that are gone are forgotten") {
  for (int round = 0; round < 10; ++round) {
    for (int peer = 1; peer < 100; ++peer)
      up(static_cast<uint8_t>(peer));
    CHECK(uut.size() == 99);
    ask();
    for (int peer = 1; peer < 100; ++peer)
      down(static_cast<uint8_t>(peer));
  }
  CHECK(uut.size() == 0);
  CHECK_FALSE(uut.next_wakeup().has_value());
}
