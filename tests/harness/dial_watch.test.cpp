// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/dial_watch.hpp"

#include <array>
#include <chrono>

#include <doctest/doctest.h>

#include "troupe/messages/node_key.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr auto start = time_point{} + 1h;

struct dial_watch_fixture {
  dial_watch_fixture() {
    std::array<std::byte, 32> seed{};
    peer = node_key::from_seed(seed).id();
  }

  [[nodiscard]] peer_manager_view dialing(time_point deadline) const {
    peer_manager_view view;
    view.dials.push_back({.address = {.id = peer}, .deadline = deadline});
    return view;
  }

  /// Fails and is dialed again after `wait`.
  std::optional<std::string> dial_after(duration wait) {
    CHECK_FALSE(watch.worked({}, std::nullopt, now));
    CHECK_FALSE(watch.failed(peer, errc::connection_refused, now));
    now += wait;
    return redial();
  }

  std::optional<std::string> redial() {
    return watch.worked(dialing(now + 2min), std::nullopt, now);
  }

  node_id peer;
  time_point now = start;
  dial_watch watch{{.max_dials = 2, .dial_timeout = 3s, .longest_dial = 20s}};
};

} // namespace

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "a peer manager that wakes up in time is fine") {
  CHECK_FALSE(watch.worked({}, start + 5s, start));
  CHECK_FALSE(watch.check(start + 5s));
  CHECK_FALSE(watch.worked({}, std::nullopt, start + 5s));
  CHECK_FALSE(watch.check(start + 1h));
}

TEST_CASE_FIXTURE(dial_watch_fixture, "one that sleeps too long is found out") {
  CHECK_FALSE(watch.worked({}, start + 5s, start));
  CHECK(watch.check(start + 6s).has_value());
  CHECK(watch.worked({}, std::nullopt, start + 6s).has_value());
  CHECK_FALSE(watch.check(start + 1h));
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "one that does not look after a failure, too") {
  CHECK_FALSE(watch.worked({}, start + 1h, start));
  CHECK_FALSE(watch.failed(peer, errc::connection_refused, start + 1s));
  SUBCASE("it looks at once") {
    CHECK_FALSE(watch.worked({}, start + 1h, start + 1s));
    CHECK_FALSE(watch.worked({}, start + 1h, start + 9s));
  }
  SUBCASE("it looked before we heard") {
    CHECK_FALSE(watch.worked({}, start + 1h, start + 1s));
    CHECK_FALSE(watch.failed(peer, errc::connection_refused, start + 1s));
    CHECK_FALSE(watch.worked({}, start + 1h, start + 9s));
  }
  SUBCASE("it does not") {
    CHECK_FALSE(watch.failed(peer, errc::connection_refused, start + 2s));
    auto wrong = watch.worked({}, start + 1h, start + 9s);
    REQUIRE(wrong);
    CHECK(wrong->find("comes next for 8.000 s") != std::string::npos);
    CHECK_FALSE(watch.worked({}, start + 1h, start + 10s));
  }
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "it may sleep while all dialers are busy") {
  auto view = dialing(start + 1min);
  view.dials.push_back(view.dials.front());
  CHECK_FALSE(watch.worked(view, start + 5s, start));
  CHECK_FALSE(watch.check(start + 6s));
}

TEST_CASE_FIXTURE(dial_watch_fixture, "a dial that ends in time is fine") {
  CHECK_FALSE(watch.worked(dialing(start + 2min), std::nullopt, start));
  CHECK_FALSE(watch.worked(dialing(start + 2min), std::nullopt, start + 20s));
  CHECK_FALSE(watch.worked({}, std::nullopt, start + 21s));
  // The next one has a time of its own.
  CHECK_FALSE(watch.worked(dialing(start + 3min), std::nullopt, start + 50s));
}

TEST_CASE_FIXTURE(dial_watch_fixture, "so is the next one at once") {
  CHECK_FALSE(watch.worked(dialing(start + 2min), std::nullopt, start));
  CHECK_FALSE(watch.worked(dialing(start + 3min), std::nullopt, start + 21s));
}

TEST_CASE_FIXTURE(dial_watch_fixture, "a dial that does not end is found out") {
  CHECK_FALSE(watch.worked(dialing(start + 2min), std::nullopt, start));
  auto wrong = watch.worked(dialing(start + 2min), std::nullopt, start + 21s);
  REQUIRE(wrong);
  CHECK(wrong->find("under way for 21.000 s") != std::string::npos);
}

TEST_CASE_FIXTURE(dial_watch_fixture, "waits with jitter are fine") {
  for (int i = 0; i < 20; ++i)
    CHECK_FALSE(dial_after(251ms));
}

TEST_CASE_FIXTURE(dial_watch_fixture, "waits without jitter are found out") {
  CHECK_FALSE(dial_after(250ms));
  CHECK_FALSE(dial_after(500ms));
  auto wrong = dial_after(1s);
  REQUIRE(wrong);
  CHECK(wrong->find("3 times in a row") != std::string::npos);
}

TEST_CASE_FIXTURE(dial_watch_fixture, "two of them may be by chance") {
  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(dial_after(250ms));
    CHECK_FALSE(dial_after(500ms));
    CHECK_FALSE(dial_after(700ms));
  }
}

TEST_CASE_FIXTURE(dial_watch_fixture, "the longest waits count, too") {
  CHECK_FALSE(dial_after(5min));
  CHECK_FALSE(dial_after(30min));
  CHECK(dial_after(30min).has_value());
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "a dial that did not follow a failure says nothing") {
  dial_after(250ms);
  dial_after(500ms);
  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(watch.worked({}, std::nullopt, now));
    now += 250ms;
    CHECK_FALSE(redial());
  }
}

TEST_CASE_FIXTURE(dial_watch_fixture, "who asks for no jitter gets none") {
  watch = dial_watch{{.retry = {.retry_time_jitter = 0s},
                      .max_dials = 2,
                      .longest_dial = 20s}};
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(dial_after(250ms));
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "a request to connect that gets its time is fine") {
  CHECK_FALSE(redial());
  watch.requested(peer, start + 1s);
  watch.requested(peer, start + 4s);
  CHECK_FALSE(watch.failed(peer, errc::timeout, start + 7s));
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "a dial that is given up too early is found out") {
  CHECK_FALSE(redial());
  watch.requested(peer, start + 1s);
  watch.requested(peer, start + 4s);
  SUBCASE("before the peer manager hears of it") {}
  SUBCASE("after it") {
    CHECK_FALSE(watch.worked({}, std::nullopt, start + 5s));
  }
  auto wrong = watch.failed(peer, errc::timeout, start + 5s);
  REQUIRE(wrong);
  CHECK(wrong->find("given up 1.000 s after") != std::string::npos);
}

TEST_CASE_FIXTURE(dial_watch_fixture, "an answer ends a request at any time") {
  CHECK_FALSE(redial());
  watch.requested(peer, start + 1s);
  CHECK_FALSE(watch.failed(peer, errc::connection_refused, start + 1s));
}

TEST_CASE_FIXTURE(dial_watch_fixture,
                  "a lookup that takes too long has no request yet") {
  CHECK_FALSE(redial());
  watch.requested(peer, start);
  CHECK_FALSE(watch.failed(peer, errc::timeout, start + 3s));
  CHECK_FALSE(watch.worked({}, std::nullopt, start + 3s));
  // What the last dial did says nothing about this one.
  now = start + 4s;
  CHECK_FALSE(redial());
  CHECK_FALSE(watch.failed(peer, errc::timeout, start + 5s));
}
