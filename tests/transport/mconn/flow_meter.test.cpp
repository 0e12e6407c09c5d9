// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/flow_meter.hpp"

#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto unlimited = std::numeric_limits<size_t>::max();

/// A sender that always has more to send, in batches of at most `batch` bytes.
/// @returns what it sends from `begin` until `end`.
size_t saturate(flow_meter& meter, time_point begin, time_point end,
                size_t batch) {
  size_t sent = 0;
  for (auto now = begin; now < end;) {
    if (meter.allowance(now) > 0) {
      CHECK_FALSE(meter.next_wakeup(now));
      meter.count(batch, now);
      sent += batch;
      continue;
    }
    auto next = meter.next_wakeup(now);
    REQUIRE(next);
    REQUIRE(*next > now);
    now = *next;
  }
  return sent;
}

} // namespace

TEST_CASE("without a rate everything may go") {
  for (auto rate : {std::optional<uint64_t>{}, std::optional<uint64_t>{0}}) {
    flow_meter uut{rate};
    auto now = time_point{} + 1s;
    CHECK(uut.allowance(now) == unlimited);
    uut.count(1'000'000'000, now);
    CHECK(uut.allowance(now) == unlimited);
    CHECK_FALSE(uut.next_wakeup(now));
  }
}

TEST_CASE("a slice of 5 ms allows its part of the rate") {
  flow_meter uut{5'120'000};
  auto now = time_point{} + 1s;
  CHECK(uut.allowance(now) == 25'600);
  uut.count(25'000, now);
  CHECK(uut.allowance(now + 4ms) == 600);
  uut.count(600, now + 4ms);
  CHECK(uut.allowance(now + 4999us) == 0);
  CHECK(uut.next_wakeup(now + 4999us) == now + 5ms);
  CHECK(uut.allowance(now + 5ms) == 25'600);
  CHECK_FALSE(uut.next_wakeup(now + 5ms));
}

TEST_CASE("what a slice leaves over is lost after the next one") {
  flow_meter uut{100'000};
  auto now = time_point{} + 1s;
  uut.count(100, now);
  CHECK(uut.allowance(now) == 400);
  CHECK(uut.allowance(now + 5ms) == 900);
  CHECK(uut.allowance(now + 10ms) == 1000);
  CHECK(uut.allowance(now + 1h) == 1000);
}

TEST_CASE("alarms that come late by up to a slice cost nothing") {
  flow_meter uut{100'000};
  auto now = time_point{} + 1s;
  const auto start = now;
  size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    while (auto size = uut.allowance(now)) {
      uut.count(size, now);
      sent += size;
    }
    now = *uut.next_wakeup(now) + i % 10 * 555us;
  }
  const auto seconds = std::chrono::duration<double>{now - start}.count();
  CHECK(sent > 0.999 * 100'000 * seconds);
}

TEST_CASE("what was too much is paid back") {
  flow_meter uut{100'000};
  auto now = time_point{} + 1s;
  uut.count(1750, now);
  CHECK(uut.allowance(now) == 0);
  CHECK(uut.next_wakeup(now) == now + 15ms);
  CHECK(uut.allowance(now + 14ms) == 0);
  CHECK(uut.allowance(now + 15ms) == 250);
  CHECK(uut.allowance(now + 20ms) == 750);
}

TEST_CASE("the rate holds over time, whatever the size of a batch") {
  for (size_t batch : {100, 1036, 10'360, 65'536, 300'000}) {
    CAPTURE(batch);
    flow_meter uut{1'000'000};
    auto start = time_point{} + 1s;
    auto sent = saturate(uut, start, start + 10s, batch);
    CHECK(sent >= 10'000'000);
    CHECK(sent < 10'000'000 + batch);
    // No second is much above the rate: a batch and a slice at either end.
    auto more = saturate(uut, start + 10s, start + 11s, batch);
    CHECK(more <= 1'000'000 + 5'000 + batch);
  }
}

TEST_CASE("no rate is rounded") {
  for (uint64_t rate : {1, 24, 199, 201, 333}) {
    CAPTURE(rate);
    flow_meter uut{rate};
    auto start = time_point{} + 1s;
    const auto sent = saturate(uut, start, start + 1000s, 1);
    CHECK(sent >= rate * 1000);
    CHECK(sent <= rate * 1000 + 2);
  }
}

TEST_CASE("a tiny rate still moves") {
  flow_meter uut{1};
  auto now = time_point{} + 1s;
  CHECK(uut.allowance(now) == 1);
  uut.count(3, now);
  CHECK(uut.next_wakeup(now) == now + 3s);
}

TEST_CASE("no count and no rate overflows") {
  auto now = time_point{} + 1s;
  flow_meter fast{std::numeric_limits<uint64_t>::max()};
  CHECK(fast.allowance(now) > uint64_t{1} << 60);
  fast.count(std::numeric_limits<size_t>::max(), now);
  CHECK(fast.allowance(now + 24h * 10'000) > uint64_t{1} << 60);
  flow_meter slow{1};
  for (int i = 0; i < 100; ++i)
    slow.count(std::numeric_limits<size_t>::max(), now);
  auto next = slow.next_wakeup(now);
  REQUIRE(next);
  CHECK(*next > now);
  flow_meter limit{rate_slices::rate_max};
  CHECK(limit.allowance(now) == rate_slices::rate_max / 200 + 1);
  limit.count(std::numeric_limits<size_t>::max(), now);
  CHECK(limit.allowance(now + 24h * 10'000) == rate_slices::rate_max / 100 + 1);
}
