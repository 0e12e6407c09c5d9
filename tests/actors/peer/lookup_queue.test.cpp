// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/lookup_queue.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

/// Begins all lookups that may begin now.
std::vector<std::string> begin(lookup_queue& queue) {
  std::vector<std::string> result;
  while (auto next = queue.next())
    result.push_back(next->name);
  return result;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a name is looked up once, whoever asks for it") {
  lookup_queue queue;
  auto first = queue.ask(1, "a");
  auto lookup = queue.next();
  REQUIRE(lookup);
  CHECK(lookup->name == "a");
  // While it waits and while it runs.
  auto second = queue.ask(2, "a");
  auto third = queue.ask(1, "a");
  CHECK_FALSE(queue.next());
  CHECK(queue.questions() == 3);
  CHECK(queue.finish(lookup->number)
        == std::vector<uint64_t>{*first, *second, *third});
  CHECK(queue.questions() == 0);
  // An answer is not kept.
  CHECK(queue.ask(1, "a"));
  CHECK(queue.next());
}

TEST_CASE(
    "a lookup that nobody waits for any more is given up, and makes room") {
  lookup_queue queue{{.running_max = 1}};
  REQUIRE(queue.ask(1, "dead"));
  REQUIRE(queue.ask(2, "dead"));
  REQUIRE(queue.ask(3, "good"));
  auto dead = queue.next();
  REQUIRE(dead);
  CHECK_FALSE(queue.next());
  CHECK(queue.forget(1).empty());
  CHECK_FALSE(queue.next());
  CHECK(queue.forget(2) == std::vector{dead->number});
  CHECK(begin(queue) == names{"good"});
  // Its answer was on its way.
  CHECK(queue.finish(dead->number).empty());
  CHECK(queue.questions() == 1);
}

TEST_CASE("a lookup that has not begun goes with those who asked for it") {
  lookup_queue queue{{.running_max = 1}};
  REQUIRE(queue.ask(1, "a"));
  REQUIRE(queue.ask(2, "b"));
  REQUIRE(queue.ask(3, "c"));
  auto first = queue.next();
  CHECK(queue.forget(2).empty());
  CHECK(queue.finish(first->number).size() == 1);
  CHECK(begin(queue) == names{"c"});
}

TEST_CASE("askers take turns, whatever the length of their lists") {
  lookup_queue queue{{.running_max = 100}};
  for (auto name : {"a1", "a2", "a3", "a4"})
    REQUIRE(queue.ask(1, name));
  REQUIRE(queue.ask(2, "b1"));
  REQUIRE(queue.ask(2, "b2"));
  REQUIRE(queue.ask(3, "c1"));
  CHECK(begin(queue) == names{"a1", "b1", "c1", "a2", "b2", "a3", "a4"});
}

TEST_CASE("who asks for a name deep in another's list does not wait for that") {
  lookup_queue queue{{.running_max = 1}};
  for (auto name : {"a1", "a2", "a3", "shared"})
    REQUIRE(queue.ask(1, name));
  auto running = queue.next();
  REQUIRE(queue.ask(2, "shared"));
  CHECK(queue.finish(running->number).size() == 1);
  running = queue.next();
  REQUIRE(running);
  CHECK(running->name == "a2");
  queue.finish(running->number);
  running = queue.next();
  REQUIRE(running);
  CHECK(running->name == "shared");
  CHECK(queue.finish(running->number).size() == 2);
  // It is not looked up again when the first one comes to it.
  CHECK(begin(queue) == names{"a3"});
}

TEST_CASE("so many lookups run at once, and so many questions wait") {
  lookup_queue queue{
      {.running_max = 2, .questions_max = 5, .questions_per_asker = 3}};
  for (auto name : {"a1", "a2", "a3"})
    REQUIRE(queue.ask(1, name));
  auto beyond = queue.ask(1, "a1");
  REQUIRE_FALSE(beyond);
  CHECK(beyond.code() == errc::queue_full);
  REQUIRE(queue.ask(2, "b1"));
  REQUIRE(queue.ask(2, "b2"));
  CHECK(queue.ask(3, "c1").code() == errc::queue_full);
  CHECK(begin(queue).size() == 2);
  // Refused questions leave nothing.
  CHECK(queue.questions() == 5);
  queue.forget(2);
  CHECK(queue.ask(3, "c1"));
}

TEST_CASE("sixty dead names do not keep a good one out") {
  lookup_queue queue;
  std::set<uint64_t> askers;
  for (uint64_t who = 1; who <= 60; ++who)
    REQUIRE(queue.ask(who, "dead-" + std::to_string(who)));
  REQUIRE(queue.ask(61, "good"));
  // Each asker waits for a while, and gives up.
  uint64_t who = 1;
  auto begun = begin(queue);
  while (begun.empty() || begun.back() != "good") {
    REQUIRE(who <= 60);
    queue.forget(who++);
    auto more = begin(queue);
    begun.insert(begun.end(), more.begin(), more.end());
  }
  CHECK(begun.size() == 61);
  CHECK(queue.questions() == 61 - (who - 1));
}
