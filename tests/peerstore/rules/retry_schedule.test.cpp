// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/retry_schedule.hpp"

#include <limits>

#include "world.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

retry_options without_jitter() {
  return {.retry_time_jitter = 0s};
}

duration delay(const retry_options& options, uint32_t failures,
               peer_class whose = peer_class::ordinary) {
  test::seeded_entropy random{1};
  return draw_retry_delay(options, failures, whose, random);
}

constexpr auto max_failures = std::numeric_limits<uint32_t>::max();

} // namespace

TEST_CASE("the wait doubles with every failure, up to the maximum") {
  auto options = without_jitter();
  CHECK(delay(options, 1) == 250ms);
  CHECK(delay(options, 2) == 500ms);
  CHECK(delay(options, 3) == 1s);
  CHECK(delay(options, 10) == 128s);
  CHECK(delay(options, 13) == 1024s);
  CHECK(delay(options, 14) == 30min);
  CHECK(delay(options, 15) == 30min);
}

TEST_CASE("a persistent peer waits less long") {
  auto options = without_jitter();
  auto kind = peer_class::persistent;
  CHECK(delay(options, 1, kind) == 250ms);
  CHECK(delay(options, 11, kind) == 256s);
  CHECK(delay(options, 12, kind) == 5min);
  CHECK(delay(options, 1000, kind) == 5min);
}

TEST_CASE("no number of failures makes the wait overflow or vanish") {
  auto options = without_jitter();
  options.max_retry_time = duration::max();
  auto previous = duration::zero();
  for (uint32_t failures = 1; failures < 1000; ++failures) {
    auto wait = delay(options, failures);
    CAPTURE(failures);
    REQUIRE(wait > duration::zero());
    REQUIRE(wait >= previous);
    previous = wait;
  }
  CHECK(delay(options, max_failures) == duration::max());
  options.retry_time_jitter = duration::max();
  CHECK(delay(options, max_failures) == duration::max());
  CHECK(delay(without_jitter(), 0) == 250ms);
}

TEST_CASE("the schedule is what was meant, by its sum") {
  auto options = without_jitter();
  duration sum{};
  // 250 ms doubled 13 times is more than half an hour.
  for (uint32_t failures = 1; failures <= 13; ++failures)
    sum += delay(options, failures);
  CHECK(sum == 250ms * ((1 << 13) - 1));
  // From then on two dials an hour, for ever.
  sum = {};
  for (uint32_t failures = 14; failures < 14 + 48; ++failures)
    sum += delay(options, failures);
  CHECK(sum == 24h);
}

TEST_CASE("doubling ends exactly at the maximum, and never below the start") {
  CHECK(doubled(3ns, 1, 10ns) == 3ns);
  CHECK(doubled(3ns, 2, 10ns) == 6ns);
  CHECK(doubled(3ns, 3, 10ns) == 10ns);
  CHECK(doubled(5ns, 2, 10ns) == 10ns);
  CHECK(doubled(5ns, 2, 9ns) == 9ns);
  CHECK(doubled(5ns, 7, 1ns) == 5ns);
  CHECK(doubled(0ns, max_failures, 10ns) == 0ns);
}

TEST_CASE("jitter is added once, below its bound, and spreads") {
  retry_options options;
  test::seeded_entropy random{7};
  std::set<duration> seen;
  auto highest = duration::zero();
  auto lowest = duration::max();
  for (int i = 0; i < 1000; ++i) {
    auto wait = draw_retry_delay(options, 1, peer_class::ordinary, random);
    CHECK(wait >= 250ms);
    CHECK(wait < 5250ms);
    lowest = std::min(lowest, wait);
    highest = std::max(highest, wait);
    seen.insert(wait);
  }
  CHECK(seen.size() == 1000);
  CHECK(lowest < 300ms);
  CHECK(highest > 5200ms);
}

TEST_CASE("time does not wrap") {
  CHECK(after(time_point{1s}, 2s) == time_point{3s});
  CHECK(after(time_point{1s}, duration::max()) == time_point::max());
}

TEST_CASE("no maximum is below the minimum") {
  auto check
      = [](duration shortest, duration longest, duration longest_persistent) {
          return validate(
              retry_options{.min_retry_time = shortest,
                            .max_retry_time = longest,
                            .max_retry_time_persistent = longest_persistent});
        };
  CHECK(check(5s, 5s, 5s).code == errc::none);
  CHECK(check(7s, 5s, 7s).context
        == "max_retry_time is 5s, expected at least min_retry_time");
  CHECK(check(7s, 7s, 5s).context
        == "max_retry_time_persistent is 5s, expected at least min_retry_time");
  CHECK(check(0s, 5s, 5s).context
        == "min_retry_time is 0s, expected more than 0");
  CHECK(check(-1s, 5s, 5s).code == errc::invalid_option);
  CHECK(validate(retry_options{.retry_time_jitter = -1ms}).context
        == "retry_time_jitter is -0.001s, expected at least 0");
  CHECK(validate(retry_options{}).code == errc::none);
}
