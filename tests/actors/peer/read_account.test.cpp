// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/read_account.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

constexpr size_t window = 1000;

/// Channels that may hold for eight seconds each.
struct read_account_fixture {
  explicit read_account_fixture(size_t own = 0) : terms{8s, own} {}

  size_t deliver(channel_id channel, size_t cost) {
    return uut.delivered(channel, terms, cost, now);
  }

  size_t returned(channel_id channel, size_t cost) {
    return uut.returned(channel, cost).window;
  }

  size_t tick() {
    return total_cost(uut.tick(now));
  }

  hold_terms terms;
  read_account uut{window};
  time_point now{};
};

} // namespace

TEST_CASE("what a channel is done with goes back to the connection") {
  read_account_fixture world;
  world.deliver(1, 300);
  world.deliver(2, 200);
  CHECK(world.uut.held() == 500);
  CHECK(world.returned(1, 100) == 100);
  CHECK(world.returned(1, 1000) == 200);
  CHECK(world.returned(9, 10) == 0);
  CHECK(world.uut.ended(2) == read_credit{200, 200});
  CHECK(world.uut.ended(2) == read_credit{});
  CHECK(world.uut.held() == 0);
}

TEST_CASE("what a channel holds in its own window is not withheld from the "
          "others") {
  read_account_fixture world{400};
  CHECK(world.deliver(1, 300) == 300);
  CHECK(world.deliver(1, 300) == 100);
  CHECK(world.deliver(1, 300) == 0);
  CHECK(world.deliver(2, 300) == 300);
  CHECK(world.uut.held() == 1200);
  // What is beyond it comes back first, the memory of each as it is done with.
  CHECK(world.uut.returned(1, 300) == read_credit{300, 300});
  CHECK(world.uut.returned(1, 300) == read_credit{200, 300});
  CHECK(world.uut.returned(1, 300) == read_credit{0, 300});
  CHECK(world.uut.returned(2, 300) == read_credit{0, 300});
  CHECK(world.uut.held() == 0);
}

TEST_CASE("a channel is late only by what it holds beyond its own window") {
  read_account_fixture world{400};
  world.deliver(1, window + 399);
  CHECK_FALSE(world.uut.next_wakeup());
  world.deliver(2, 400);
  CHECK_FALSE(world.uut.next_wakeup());
  world.deliver(1, 1);
  REQUIRE(world.uut.next_wakeup());
  world.now += 8s;
  CHECK(world.tick() == window);
  CHECK(world.uut.sheds(1));
  CHECK_FALSE(world.uut.sheds(2));
  CHECK(world.uut.returned(1, 1000) == read_credit{0, 1000});
  CHECK(world.uut.sheds(1));
  CHECK(world.uut.returned(1, 400) == read_credit{0, 400});
  CHECK_FALSE(world.uut.sheds(1));
  CHECK(world.deliver(1, 400) == 400);
}

TEST_CASE("the time that a channel may keep the connection waiting begins with "
          "what is beyond its window") {
  read_account_fixture world{400};
  world.deliver(1, 400);
  world.now += 1h;
  world.deliver(1, window);
  REQUIRE(world.uut.next_wakeup());
  CHECK(*world.uut.next_wakeup() == world.now + 8s);
  world.now += 8s - 1ns;
  CHECK(world.tick() == 0);
  world.now += 1ns;
  CHECK(world.tick() == window);
}

TEST_CASE("a channel may take its time while the connection reads") {
  read_account_fixture world;
  world.deliver(1, window - 1);
  CHECK_FALSE(world.uut.next_wakeup());
  world.now += 1h;
  CHECK(world.tick() == 0);
  CHECK_FALSE(world.uut.sheds(1));
}

TEST_CASE("a channel that keeps the connection waiting gets no more until it "
          "is done with what it has") {
  read_account_fixture world;
  world.deliver(1, 900);
  world.now += 2s;
  world.deliver(2, 100);
  REQUIRE(world.uut.next_wakeup());
  CHECK(*world.uut.next_wakeup() == world.now + 6s);
  world.now += 6s - 1ns;
  CHECK(world.tick() == 0);
  world.now += 1ns;
  CHECK(world.tick() == 900);
  CHECK(world.uut.sheds(1));
  CHECK_FALSE(world.uut.sheds(2));
  // It holds the memory of that still.
  CHECK(world.uut.held() == 1000);
  CHECK_FALSE(world.uut.next_wakeup());
  // The connection has that already.
  CHECK(world.returned(1, 899) == 0);
  CHECK(world.uut.sheds(1));
  CHECK(world.returned(1, 1) == 0);
  CHECK_FALSE(world.uut.sheds(1));
  world.deliver(1, 50);
  CHECK(world.returned(1, 50) == 50);
}

TEST_CASE("a channel that ends while its messages are shed leaves nothing "
          "behind") {
  read_account_fixture world;
  world.deliver(1, window);
  world.now += 8s;
  CHECK(world.tick() == window);
  CHECK(world.uut.ended(1) == read_credit{0, window});
  CHECK_FALSE(world.uut.sheds(1));
  CHECK(world.uut.held() == 0);
}

TEST_CASE("a channel that goes on, however slowly, is not late before one "
          "message is") {
  read_account_fixture world;
  for (int i = 0; i < 10; ++i)
    world.deliver(1, 100);
  for (int i = 0; i < 100; ++i) {
    // Each waits for five seconds.
    world.now += 500ms;
    CHECK(world.tick() == 0);
    CHECK(world.returned(1, 100) == 100);
    world.deliver(1, 100);
  }
  world.now += 8s;
  CHECK(world.tick() == window);
}

TEST_CASE("only the channel that the connection waits for is late") {
  read_account_fixture world;
  // An answer that takes long by its nature.
  world.deliver(1, 10);
  world.now += 1min;
  for (int i = 0; i < 10; ++i) {
    world.deliver(2, 990);
    CHECK(world.tick() == 0);
    world.now += 100ms;
    CHECK(world.returned(2, 990) == 990);
  }
  CHECK_FALSE(world.uut.sheds(1));
}

TEST_CASE("however many channels stall one after the other, the connection "
          "waits less than twice as long as for one") {
  read_account_fixture world;
  const auto begin = world.now;
  for (channel_id channel = 1; channel <= 40; ++channel) {
    world.deliver(channel, window);
    world.now = *world.uut.next_wakeup();
    CHECK(world.tick() == window);
  }
  CHECK(world.now - begin < 16s);
}
