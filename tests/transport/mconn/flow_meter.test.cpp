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

TEST_CASE("a period allows a tenth of the rate") {
  flow_meter uut{5'120'000};
  auto now = time_point{} + 1s;
  CHECK(uut.allowance(now) == 512'000);
  uut.count(500'000, now);
  CHECK(uut.allowance(now + 50ms) == 12'000);
  uut.count(12'000, now + 50ms);
  CHECK(uut.allowance(now + 99ms) == 0);
  CHECK(uut.next_wakeup(now + 99ms) == now + 100ms);
  CHECK(uut.allowance(now + 100ms) == 512'000);
  CHECK_FALSE(uut.next_wakeup(now + 100ms));
}

TEST_CASE("what is left over is lost") {
  flow_meter uut{1000};
  auto now = time_point{} + 1s;
  uut.count(1, now);
  CHECK(uut.allowance(now + 1h) == 100);
}

TEST_CASE("what was too much is paid back") {
  flow_meter uut{1000};
  auto now = time_point{} + 1s;
  uut.count(350, now);
  CHECK(uut.allowance(now) == 0);
  CHECK(uut.next_wakeup(now) == now + 300ms);
  CHECK(uut.allowance(now + 299ms) == 0);
  CHECK(uut.allowance(now + 300ms) == 50);
  CHECK(uut.allowance(now + 400ms) == 100);
}

TEST_CASE("the rate holds over time, whatever the size of a batch") {
  for (size_t batch : {100, 1036, 10'360, 65'536, 300'000}) {
    CAPTURE(batch);
    flow_meter uut{1'000'000};
    auto start = time_point{} + 1s;
    auto sent = saturate(uut, start, start + 10s, batch);
    CHECK(sent >= 10'000'000);
    CHECK(sent < 10'000'000 + batch);
    // No second is much above the rate: a batch and a period at either end.
    auto more = saturate(uut, start + 10s, start + 11s, batch);
    CHECK(more <= 1'000'000 + 100'000 + batch);
  }
}

TEST_CASE("a rate that is no multiple of ten is rounded") {
  CHECK(flow_meter{24}.allowance({}) == 2);
  CHECK(flow_meter{25}.allowance({}) == 3);
}

TEST_CASE("a tiny rate still moves") {
  flow_meter uut{1};
  auto now = time_point{} + 1s;
  CHECK(uut.allowance(now) == 1);
  uut.count(3, now);
  CHECK(uut.next_wakeup(now) == now + 300ms);
}

TEST_CASE("no count and no rate overflows") {
  auto now = time_point{} + 1s;
  flow_meter fast{std::numeric_limits<uint64_t>::max()};
  CHECK(fast.allowance(now) > uint64_t{1} << 60);
  fast.count(1, now);
  CHECK(fast.allowance(now + 24h * 10'000) > uint64_t{1} << 60);
  flow_meter slow{1};
  slow.count(std::numeric_limits<size_t>::max() / 2, now);
  auto next = slow.next_wakeup(now);
  REQUIRE(next);
  CHECK(*next > now);
}
