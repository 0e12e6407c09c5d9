// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/compact_queue.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <random>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("a queue gives what it got in the order in which it got it") {
  std::mt19937 dice{1};
  compact_queue<int> uut;
  std::deque<int> expected;
  size_t longest = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Waves, so that it is now long and now empty.
    const auto grows = dice() % 100 < (i / 500 % 2 == 0 ? 70u : 30u);
    if (grows) {
      uut.push_back(i);
      expected.push_back(i);
    } else if (!expected.empty()) {
      REQUIRE(uut.front() == expected.front());
      REQUIRE(uut.take_front() == expected.front());
      expected.pop_front();
    }
    longest = std::max(longest, expected.size());
    REQUIRE(uut.empty() == expected.empty());
    REQUIRE(uut.size() == expected.size());
    if (!expected.empty())
      REQUIRE(uut.back() == expected.back());
    REQUIRE(
        std::equal(uut.begin(), uut.end(), expected.begin(), expected.end()));
  }
  CHECK(longest > 100);
}

TEST_CASE("an empty queue has little room, whatever it has held") {
  compact_queue<int> uut;
  CHECK(uut.capacity() == 0);
  for (int i = 0; i < 1000; ++i)
    uut.push_back(i);
  CHECK(uut.capacity() >= 1000);
  SUBCASE("that was taken out") {
    while (!uut.empty())
      uut.pop_front();
  }
  SUBCASE("that was cleared") {
    uut.clear();
  }
  CHECK(uut.capacity() <= compact_queue<int>::kept_max);
}

TEST_CASE("nothing of what was taken out stays once a queue is empty") {
  compact_queue<std::shared_ptr<int>> uut;
  auto kept = std::make_shared<int>(1);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i)
      uut.push_back(kept);
    CHECK(kept.use_count() == 51);
    for (int i = 0; i < 49; ++i)
      uut.pop_front();
    CHECK(uut.size() == 1);
    uut.pop_front();
    CHECK(kept.use_count() == 1);
  }
  uut.push_back(kept);
  uut.clear();
  CHECK(uut.empty());
  CHECK(kept.use_count() == 1);
}
