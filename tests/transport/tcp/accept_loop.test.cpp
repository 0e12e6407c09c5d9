// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/accept_loop.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/transport/tcp/pending_dials.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto start = time_point{1h};

/// Without rates, so that only places count.
accept_options places(size_t max_accepted) {
  return {
      max_accepted, {.ip_rate = {}, .subnet_rate = {}, .total_rate = {}}, {}};
}

ip_address host(uint8_t subnet, uint8_t number) {
  return ip_address::v4(10, 0, subnet, number);
}

} // namespace

TEST_CASE("no more connections are taken than there may be, until one ends") {
  accept_loop loop{places(2)};
  auto one = loop.arrived(host(1, 1), start);
  CHECK(loop.may_take(start));
  auto two = loop.arrived(host(2, 1), start);
  CHECK_FALSE(loop.may_take(start));
  one.slot.release();
  CHECK(loop.may_take(start));
}

TEST_CASE("a flood is taken in turns, however often somebody asks") {
  accept_loop loop{places(1000)};
  size_t taken = 0;
  for (auto now = start; now < start + 50ms; now += 100us) {
    while (loop.may_take(now)) {
      loop.found(taken % 2 == 0 ? accept_status::accepted
                                : accept_status::aborted,
                 now);
      ++taken;
    }
    if (auto next = loop.next_wakeup(now)) {
      CHECK(*next > now);
      CHECK(*next <= now + accept_loop::turn);
    }
  }
  CHECK(taken == 10 * accept_loop::accepts_a_turn);
  CHECK_FALSE(loop.may_take(start + 50ms - 1ns));
  CHECK(loop.may_take(start + 50ms));
}

TEST_CASE("who comes slowly never waits for a turn") {
  accept_loop loop{places(1000)};
  for (int i = 0; i < 1000; ++i) {
    const auto now = start + i * 1ms;
    CHECK(loop.may_take(now));
    loop.found(accept_status::accepted, now);
    loop.found(accept_status::drained, now);
  }
}

TEST_CASE("without descriptors it pauses, longer each time, until there are "
          "some") {
  accept_loop loop{places(10)};
  auto now = start;
  auto expected = accept_loop::pause_min;
  for (int i = 0; i < 20; ++i) {
    loop.found(accept_status::exhausted, now);
    CHECK_FALSE(loop.may_take(now));
    CHECK(loop.next_wakeup(now) == now + expected);
    now += expected;
    CHECK(loop.may_take(now));
    expected = std::min(expected * 2, accept_loop::pause_max);
  }
  loop.found(accept_status::accepted, now);
  loop.found(accept_status::exhausted, now);
  CHECK(loop.next_wakeup(now) == now + accept_loop::pause_min);
}

TEST_CASE("who is on a list, or has too many, is turned away") {
  auto options = places(10);
  options.limits.max_per_ip = 1;
  options.lists = ip_filter{{}, {*ip_network::parse("10.0.9.0/24")}};
  accept_loop loop{std::move(options)};
  CHECK(loop.arrived(host(9, 1), start).code == errc::filtered);
  auto one = loop.arrived(host(1, 1), start);
  CHECK(one.code == errc::none);
  CHECK(loop.arrived(host(1, 1), start).code == errc::too_many_from_ip);
  auto limits = places(10).limits;
  limits.max_per_ip = 2;
  loop.set_limits(limits);
  CHECK(loop.arrived(host(1, 1), start).code == errc::none);
}

TEST_CASE("how many there may be can change, and those that are there stay") {
  auto options = places(2);
  accept_loop loop{options};
  const auto one = loop.arrived(host(1, 1), start);
  const auto two = loop.arrived(host(2, 1), start);
  CHECK_FALSE(loop.may_take(start));
  loop.set_limits(options.limits);
  CHECK_FALSE(loop.may_take(start));
  options.limits.max_accepted = 3;
  loop.set_limits(options.limits);
  CHECK(loop.may_take(start));
  options.limits.max_accepted = 1;
  loop.set_limits(options.limits);
  CHECK_FALSE(loop.may_take(start));
}

TEST_CASE("a dial ends once: with its outcome, or with its time") {
  pending_dials<int> dials;
  CHECK_FALSE(dials.next_wakeup());
  auto one = dials.add(1, start + 3s);
  auto two = dials.add(2, start + 1s);
  auto three = dials.add(3, start + 2s);
  CHECK(dials.next_wakeup() == start + 1s);
  CHECK(dials.take(one) == 1);
  CHECK_FALSE(dials.take(one));
  CHECK(dials.take_expired(start + 1s - 1ns).empty());
  CHECK(dials.take_expired(start + 2s) == std::vector{2, 3});
  CHECK_FALSE(dials.take(two));
  CHECK(dials.find(three) == nullptr);
  CHECK_FALSE(dials.next_wakeup());
}
