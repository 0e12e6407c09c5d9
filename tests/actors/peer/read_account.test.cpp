// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/read_account.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

constexpr size_t window = 1000;

/// Three channels that may hold for eight seconds each.
struct fixture {
  fixture() {
    for (channel_id channel = 1; channel <= 3; ++channel)
      uut.open(channel, 8s);
  }

  void deliver(channel_id channel, size_t cost) {
    uut.delivered(channel, cost, now);
  }

  read_account uut{window};
  time_point now{};
};

} // namespace

TEST_CASE("what a channel is done with goes back to the connection") {
  fixture world;
  world.deliver(1, 300);
  world.deliver(2, 200);
  CHECK(world.uut.held() == 500);
  CHECK(world.uut.returned(1, 100) == 100);
  CHECK(world.uut.returned(1, 1000) == 200);
  CHECK(world.uut.returned(9, 10) == 0);
  CHECK(world.uut.ended(2) == 200);
  CHECK(world.uut.ended(2) == 0);
  CHECK(world.uut.held() == 0);
}

TEST_CASE("a channel may take its time while the connection reads") {
  fixture world;
  world.deliver(1, window - 1);
  CHECK_FALSE(world.uut.next_wakeup());
  world.now += 1h;
  CHECK(world.uut.tick(world.now) == 0);
  CHECK_FALSE(world.uut.sheds(1));
}

TEST_CASE("a channel that keeps the connection waiting gets no more until it "
          "is done with what it has") {
  fixture world;
  world.deliver(1, 900);
  world.now += 2s;
  world.deliver(2, 100);
  REQUIRE(world.uut.next_wakeup());
  CHECK(*world.uut.next_wakeup() == world.now + 6s);
  world.now += 6s - 1ns;
  CHECK(world.uut.tick(world.now) == 0);
  world.now += 1ns;
  CHECK(world.uut.tick(world.now) == 900);
  CHECK(world.uut.sheds(1));
  CHECK_FALSE(world.uut.sheds(2));
  CHECK(world.uut.held() == 100);
  CHECK_FALSE(world.uut.next_wakeup());
  // The connection has that already.
  CHECK(world.uut.returned(1, 899) == 0);
  CHECK(world.uut.sheds(1));
  CHECK(world.uut.returned(1, 1) == 0);
  CHECK_FALSE(world.uut.sheds(1));
  world.deliver(1, 50);
  CHECK(world.uut.returned(1, 50) == 50);
}

TEST_CASE("a channel that ends while its messages are shed leaves nothing "
          "behind") {
  fixture world;
  world.deliver(1, window);
  world.now += 8s;
  CHECK(world.uut.tick(world.now) == window);
  CHECK(world.uut.ended(1) == 0);
  CHECK_FALSE(world.uut.sheds(1));
  CHECK(world.uut.held() == 0);
}

TEST_CASE("a channel that goes on, however slowly, is not late before one "
          "message is") {
  fixture world;
  for (int i = 0; i < 10; ++i)
    world.deliver(1, 100);
  for (int i = 0; i < 100; ++i) {
    // Each waits for five seconds.
    world.now += 500ms;
    CHECK(world.uut.tick(world.now) == 0);
    CHECK(world.uut.returned(1, 100) == 100);
    world.deliver(1, 100);
  }
  world.now += 8s;
  CHECK(world.uut.tick(world.now) == window);
}

TEST_CASE("only the channel that the connection waits for is late") {
  fixture world;
  // An answer that takes long by its nature.
  world.deliver(1, 10);
  world.now += 1min;
  for (int i = 0; i < 10; ++i) {
    world.deliver(2, 990);
    CHECK(world.uut.tick(world.now) == 0);
    world.now += 100ms;
    CHECK(world.uut.returned(2, 990) == 990);
  }
  CHECK_FALSE(world.uut.sheds(1));
}

TEST_CASE("however many channels stall one after the other, the connection "
          "waits less than twice as long as for one") {
  fixture world;
  const auto begin = world.now;
  for (channel_id channel = 4; channel <= 40; ++channel)
    world.uut.open(channel, 8s);
  for (channel_id channel = 1; channel <= 40; ++channel) {
    world.deliver(channel, window);
    world.now = *world.uut.next_wakeup();
    CHECK(world.uut.tick(world.now) == window);
  }
  CHECK(world.now - begin < 16s);
}
