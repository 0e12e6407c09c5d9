// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/shared_rate.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/transport/mconn/flow_meter.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr size_t rate = 10'000'000;

/// Connections that share a rate of 50,000 bytes a slice, and their time.
struct sharing {
  struct member {
    /// Bytes that it wants to move each millisecond; absent: as many as it can.
    std::optional<size_t> wants;
    /// Least that it moves at once, like reads of the network.
    size_t batch;
    std::unique_ptr<shared_rate::share> share;
    size_t waiting = 0;
    size_t moved = 0;
    duration longest_wait = {};
    time_point since = {};
  };

  size_t join(std::optional<size_t> wants, size_t batch = 1000) {
    members.push_back({wants, batch, all->join()});
    return members.size() - 1;
  }

  /// A millisecond of everybody's; the order changes from one to the next.
  void step() {
    const auto first = static_cast<size_t>(now.time_since_epoch() / 1ms);
    for (size_t i = 0; i < members.size(); ++i)
      step(members[(first + i) % members.size()]);
    now += 1ms;
  }

  void step(member& who) {
    if (!who.share)
      return;
    if (who.wants && who.waiting == 0)
      who.since = now;
    who.waiting += who.wants.value_or(0);
    while (auto size = who.share->allowance(now)) {
      CHECK_FALSE(who.share->next_wakeup(now));
      size = std::max(size, who.batch);
      if (who.wants)
        size = std::min(size, who.waiting);
      if (size == 0)
        return;
      who.share->count(size, now);
      who.moved += size;
      if (who.wants) {
        who.waiting -= size;
        who.longest_wait = std::max(who.longest_wait, now - who.since);
        who.since = now;
      }
    }
    CHECK(who.share->next_wakeup(now) > now);
  }

  void run(duration time) {
    for (const auto end = now + time; now < end;)
      step();
  }

  [[nodiscard]] size_t moved() const {
    size_t result = 0;
    for (const auto& each : members)
      result += each.moved;
    return result;
  }

  std::shared_ptr<shared_rate> all = shared_rate::make(rate);
  std::vector<member> members = {};
  time_point now = time_point{} + 1s;
};

} // namespace

TEST_CASE("without a rate there is nothing to share") {
  CHECK(shared_rate::make(std::nullopt) == nullptr);
  CHECK(shared_rate::make(0) == nullptr);
}

TEST_CASE("whoever is alone has all of the rate, and saves up no burst") {
  sharing world;
  world.join({});
  world.run(10s);
  CHECK(world.moved() >= 10 * rate - 1);
  CHECK(world.moved() <= 10 * rate + 51'000);
  world.now += 1h;
  CHECK(world.members[0].share->allowance(world.now) == 50'000);
}

TEST_CASE(
    "those who want all of the rate have equal parts of it, whatever they "
    "move at once") {
  sharing world;
  for (size_t batch : {1, 1000, 30'000, 100'000, 500'000})
    world.join({}, batch);
  world.run(20s);
  CHECK(world.moved() >= 20 * rate - 1);
  for (const auto& each : world.members) {
    CAPTURE(each.batch);
    CHECK(each.moved > 4 * rate - 600'000);
    CHECK(each.moved < 4 * rate + 600'000);
  }
}

TEST_CASE("a flood leaves the others what they want, up to an equal share") {
  sharing world;
  for (int i = 0; i < 20; ++i)
    world.join({}, 300'000);
  // A share is 434 bytes a millisecond.
  const auto modest = world.join(100);
  const auto busy = world.join(400);
  const auto greedy = world.join(1000);
  world.run(20s);
  const auto& found = world.members;
  CHECK(found[modest].moved >= 100 * 20'000 - 1000);
  CHECK(found[modest].longest_wait <= 5ms);
  CHECK(found[busy].moved >= 400 * 20'000 - 4000);
  CHECK(found[busy].longest_wait <= 10ms);
  // What they leave over belongs to those who want more.
  const auto part = (20 * rate - found[modest].moved - found[busy].moved) / 21;
  CHECK(found[greedy].moved > part * 97 / 100);
  for (int i = 0; i < 20; ++i)
    CHECK(found[i].moved > part * 97 / 100);
  CHECK(world.moved() >= 20 * rate - 1);
  CHECK(world.moved() < 20 * rate + 20 * 310'000);
}

TEST_CASE(
    "what somebody owes who has gone is paid, and keeps nobody waiting for "
    "all of it") {
  sharing world;
  const auto first = world.join({}, 5'000'000);
  world.step();
  CHECK(world.members[first].moved == 5'000'000);
  world.members[first].share.reset();
  const auto modest = world.join(1000);
  world.run(100ms);
  CHECK(world.members[modest].moved >= 99'000);
  const auto flood = world.join({}, 1000);
  world.run(10s);
  // But for two slices, the rate includes what is gone.
  CHECK(world.moved() <= rate / 10 * 101 + 100'000);
  CHECK(world.members[flood].moved > 85'000'000);
}

TEST_CASE("whoever waits is woken when its debt is paid, and not before") {
  sharing world;
  auto one = world.all->join();
  auto two = world.all->join();
  one->count(150'000, world.now);
  two->count(100'000, world.now);
  // 50,000 were there.
  CHECK(one->next_wakeup(world.now) == world.now + 20ms);
  CHECK(two->next_wakeup(world.now) == world.now + 20ms);
  world.now += 20ms - 1ns;
  CHECK(one->allowance(world.now) == 0);
  CHECK(two->allowance(world.now) == 0);
  world.now += 1ns;
  CHECK(one->allowance(world.now) > 0);
  CHECK(two->allowance(world.now) > 0);
}

TEST_CASE("neither debts nor waits overflow") {
  auto all = shared_rate::make(rate_slices::rate_max);
  const auto now = time_point{} + 1s;
  std::vector<std::unique_ptr<shared_rate::share>> shares;
  for (int i = 0; i < 10; ++i) {
    shares.push_back(all->join());
    for (int j = 0; j < 100; ++j)
      shares.back()->count(std::numeric_limits<size_t>::max(), now);
  }
  for (auto& each : shares) {
    CHECK(each->allowance(now) == 0);
    CHECK(each->next_wakeup(now) > now);
  }
  CHECK(shares[0]->allowance(now + 24h * 10'000) > 0);
}

TEST_CASE("a connection keeps to its own rate and to the node's") {
  auto all = shared_rate::make(rate);
  flow_meter slow{1'000'000, all->join()};
  flow_meter free{std::nullopt, all->join()};
  auto now = time_point{} + 1s;
  CHECK(slow.allowance(now) == 5000);
  CHECK(free.allowance(now) == 50'000);
  free.count(100'000, now);
  CHECK(free.allowance(now) == 0);
  CHECK(slow.allowance(now) == 5000);
  slow.count(5000, now);
  CHECK(slow.allowance(now) == 0);
  CHECK(slow.next_wakeup(now) == now + 5ms);
  // Then all but 5000 bytes of its debt is paid.
  CHECK(free.next_wakeup(now) == now + 5ms);
  CHECK(free.allowance(now + 5ms) == 45'000);
}

TEST_CASE("who was told that nothing may go is woken, also if others have "
          "changed that meanwhile") {
  auto all = shared_rate::make(rate);
  auto a = all->join();
  auto b = all->join();
  const time_point now{};
  a->count(150'000, now);
  REQUIRE(a->allowance(now) == 0);
  // On another thread, whose clock is ahead.
  CHECK(b->allowance(now + 10ms) > 0);
  const auto wakeup = a->next_wakeup(now);
  REQUIRE(wakeup);
  CHECK(*wakeup == now);
  CHECK(a->allowance(now) > 0);
  CHECK_FALSE(a->next_wakeup(now));
}

TEST_CASE("who waits looks again before long: others may go with their debts") {
  auto all = shared_rate::make(rate);
  auto a = all->join();
  time_point now{};
  {
    std::vector<std::unique_ptr<shared_rate::share>> others;
    for (int i = 0; i < 50; ++i) {
      others.push_back(all->join());
      others.back()->count(2'000'000, now);
    }
    a->count(1'000'000, now);
    REQUIRE(a->next_wakeup(now));
    CHECK(*a->next_wakeup(now) <= now + 100ms);
  }
  // What they owed keeps nobody for longer than a second.
  while (a->allowance(now) == 0)
    now += 5ms;
  CHECK(now.time_since_epoch() < 300ms);
}
