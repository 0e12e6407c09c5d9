// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/qos_queue.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

using queue = qos_queue<int, std::string>;

/// A queue at a time that stands still, and what came of it.
struct qos_queue_fixture {
  explicit qos_queue_fixture(const qos_options& options = {}) : uut(options) {}

  errc push(int flow, std::string what, size_t cost = 1,
            const std::string& key = {}) {
    auto result = uut.push(flow, limits, std::move(what), cost, now, key);
    collect();
    return result;
  }

  /// All that comes out, separated by blanks.
  std::string drain(size_t count = SIZE_MAX) {
    std::string result;
    for (; count > 0; --count) {
      auto next = uut.take(now);
      collect();
      if (!next)
        break;
      result += result.empty() ? *next : " " + *next;
    }
    return result;
  }

  void collect() {
    for (auto& x : uut.take_shed()) {
      auto& to = x.why == qos_loss::full       ? full
                 : x.why == qos_loss::replaced ? replaced
                                               : expired;
      to += to.empty() ? x.element : " " + x.element;
    }
  }

  queue uut;
  qos_flow_options limits;
  time_point now;
  std::string full;
  std::string replaced;
  std::string expired;
};

} // namespace

TEST_CASE("elements of a flow can be taken out, and the others keep their "
          "turns") {
  for (const std::string policy : {"fifo", "priority", "wdrr"}) {
    CAPTURE(policy);
    qos_queue_fixture world{{.policy = policy}};
    for (const auto* what : {"a1", "b1", "a2", "b2", "a3", "b3"})
      CHECK(world.push(*what - 'a', what) == errc::none);
    auto odd = [](const std::string& x) { return x.back() != '2'; };
    CHECK(world.uut.take_if(0, odd) == std::vector<std::string>{"a1", "a3"});
    CHECK(world.uut.messages() == 4);
    CHECK(world.uut.bytes() == 4);
    auto all = [](const std::string&) { return true; };
    CHECK(world.uut.take_if(0, all) == std::vector<std::string>{"a2"});
    CHECK(world.uut.flows() == 1);
    CHECK(world.uut.take_if(0, all).empty());
    CHECK(world.full.empty());
    CHECK(world.drain() == "b1 b2 b3");
  }
}

// -- order --------------------------------------------------------------------

TEST_CASE("a policy that nobody knows is an error") {
  CHECK_THROWS_AS(queue{{.policy = "lifo"}}, std::invalid_argument);
}

TEST_CASE("policies are told by their names, and only fifo keeps the order of "
          "arrival") {
  CHECK(qos_policy_names() == "wdrr, priority or fifo");
  for (const auto* name : {"wdrr", "priority", "fifo"}) {
    CAPTURE(name);
    const auto* kind = find_qos_policy(name);
    REQUIRE(kind != nullptr);
    CHECK(kind->name == name);
    CHECK(kind->in_order == (kind->name == "fifo"));
    CHECK(make_qos_policy(name, 1024) != nullptr);
  }
  CHECK(find_qos_policy("") == nullptr);
}

TEST_CASE("fifo serves in the order of arrival, whoever sent it") {
  qos_queue_fixture world{{.policy = "fifo"}};
  world.limits.weight = 1;
  CHECK(world.push(1, "a") == errc::none);
  CHECK(world.push(1, "b") == errc::none);
  world.limits.weight = 100;
  CHECK(world.push(2, "c") == errc::none);
  CHECK(world.push(1, "d") == errc::none);
  CHECK(world.uut.messages() == 4);
  CHECK(world.uut.bytes() == 4);
  CHECK(world.uut.flows() == 2);
  CHECK(world.drain() == "a b c d");
  CHECK(world.uut.empty());
  CHECK(world.uut.bytes() == 0);
}

TEST_CASE("priority serves the highest weight first, and one class in the "
          "order of arrival") {
  qos_queue_fixture world{{.policy = "priority"}};
  const auto weights = {2u, 1u, 3u, 2u, 3u, 1u};
  int flow = 0;
  for (auto weight : weights) {
    ++flow;
    world.limits.weight = weight;
    CHECK(world.push(flow, std::to_string(flow)) == errc::none);
  }
  CHECK(world.drain(2) == "3 5");
  // What is urgent overtakes what came before.
  world.limits.weight = 9;
  CHECK(world.push(7, "7") == errc::none);
  CHECK(world.drain() == "7 1 4 2 6");
}

TEST_CASE("wdrr serves by weight, and in order within a flow") {
  qos_queue_fixture world{{.policy = "wdrr", .quantum = 10}};
  for (int i = 0; i < 6; ++i) {
    world.limits.weight = 1;
    CHECK(world.push(1, "a" + std::to_string(i), 10) == errc::none);
    world.limits.weight = 2;
    CHECK(world.push(2, "b" + std::to_string(i), 10) == errc::none);
  }
  CHECK(world.drain() == "a0 b0 b1 a1 b2 b3 a2 b4 b5 a3 a4 a5");
}

TEST_CASE("wdrr goes on where it stopped, however few are taken at a time") {
  qos_queue_fixture world{{.policy = "wdrr", .quantum = 10}};
  std::string order;
  for (int flow = 1; flow <= 3; ++flow)
    for (int i = 0; i < 10; ++i)
      CHECK(world.push(flow, std::to_string(flow), 10) == errc::none);
  for (int i = 0; i < 9; ++i)
    order += world.drain(1);
  CHECK(order == "123123123");
}

TEST_CASE("a flow that comes back waits for its turn like any other") {
  qos_queue_fixture world{{.policy = "wdrr", .quantum = 10}};
  CHECK(world.push(1, "x", 10) == errc::none);
  for (int i = 0; i < 5; ++i) {
    CHECK(world.push(2, "y", 10) == errc::none);
    CHECK(world.push(3, "z", 10) == errc::none);
  }
  std::string order;
  for (int i = 0; i < 12; ++i) {
    auto next = world.drain(1);
    order += next;
    if (next == "x")
      CHECK(world.push(1, "x", 10) == errc::none);
  }
  CHECK(order == "xyzxyzxyzxyz");
}

TEST_CASE("a flow that is held back is passed over, and saves up nothing "
          "meanwhile") {
  for (const std::string policy : {"fifo", "priority", "wdrr"}) {
    CAPTURE(policy);
    qos_queue_fixture world{{.policy = policy, .quantum = 10}};
    world.uut.hold_back(1, true);
    for (int i = 0; i < 8; ++i) {
      CHECK(world.push(1, "a", 10) == errc::none);
      CHECK(world.push(2, "b", 10) == errc::none);
    }
    CHECK(world.drain(4) == "b b b b");
    world.uut.hold_back(2, true);
    CHECK_FALSE(world.uut.ready());
    CHECK(world.drain() == "");
    CHECK(world.uut.messages() == 12);
    world.uut.hold_back(1, false);
    world.uut.hold_back(2, false);
    auto order = world.drain();
    if (policy == "wdrr")
      CHECK((order == "a b a b a b a b a a a a"
             || order == "b a b a b a b a a a a a"));
    CHECK(world.uut.empty());
  }
}

TEST_CASE("what is held back gives way like all else when the queue is full") {
  for (const std::string policy : {"priority", "wdrr"}) {
    CAPTURE(policy);
    qos_queue_fixture world{{.policy = policy, .messages_max = 4}};
    world.uut.hold_back(1, true);
    for (int i = 0; i < 4; ++i)
      CHECK(world.push(1, "old", 10) == errc::none);
    world.limits.weight = 5;
    CHECK(world.push(2, "new", 10) == errc::none);
    CHECK(world.full == "old");
    CHECK(world.drain() == "new");
  }
}

TEST_CASE("large elements and rounds in which nobody can pay cost no more "
          "steps than small ones") {
  // Walked round by round, this would take a billion of them.
  qos_queue_fixture world{{.policy = "wdrr", .quantum = 1}};
  CHECK(world.push(1, "large", 1'000'000'000) == errc::none);
  CHECK(world.push(2, "larger", 2'000'000'000) == errc::none);
  CHECK(world.push(3, "small", 1) == errc::none);
  CHECK(world.push(3, "next", 500'000'000) == errc::none);
  CHECK(world.drain() == "small next large larger");
}

TEST_CASE("whoever waited with a large element cannot spend what it saved on "
          "others") {
  qos_queue_fixture world{{.policy = "wdrr", .quantum = 10}};
  world.limits = {.bytes_max = 1040, .on_full = qos_shed::oldest};
  CHECK(world.push(1, "large", 1000) == errc::none);
  for (int i = 0; i < 4; ++i)
    CHECK(world.push(1, "a", 10) == errc::none);
  for (int i = 0; i < 60; ++i)
    CHECK(world.push(2, "b", 10) == errc::none);
  CHECK(world.drain(50).find("large") == std::string::npos);
  // The large one makes room.
  CHECK(world.push(1, "a", 10) == errc::none);
  CHECK(world.full == "large");
  CHECK(world.drain(7) == "a a b a b a b");
}

// -- bounds -------------------------------------------------------------------

TEST_CASE("a flow is bounded in messages and in bytes, and no other feels it") {
  for (const auto policy : {"fifo", "priority", "wdrr"}) {
    CAPTURE(policy);
    qos_queue_fixture world{{.policy = policy}};
    world.limits = {.bytes_max = 100, .messages_max = 3};
    CHECK(world.push(1, "a", 60) == errc::none);
    CHECK(world.push(1, "b", 41) == errc::none);
    CHECK(world.full == "b");
    CHECK(world.push(1, "c", 1) == errc::none);
    CHECK(world.push(1, "d", 1) == errc::none);
    CHECK(world.push(1, "e", 1) == errc::none);
    CHECK(world.full == "b e");
    CHECK(world.push(2, "f", 100) == errc::none);
    CHECK(world.full == "b e");
    CHECK(world.uut.bytes() == 162);
  }
}

TEST_CASE("the oldest make room where that is the rule") {
  qos_queue_fixture world;
  world.limits
      = {.bytes_max = 100, .messages_max = 3, .on_full = qos_shed::oldest};
  for (const auto name : {"a", "b", "c", "d"})
    CHECK(world.push(1, name, 20) == errc::none);
  CHECK(world.full == "a");
  CHECK(world.push(1, "e", 75) == errc::none);
  CHECK(world.full == "a b c");
  CHECK(world.drain() == "d e");
}

TEST_CASE("a flow that refuses leaves the new element with its sender, and "
          "keeps what it has") {
  qos_queue_fixture world{{.bytes_max = 100}};
  world.limits = {.messages_max = 2, .on_full = qos_shed::refuse};
  CHECK(world.push(1, "a", 45) == errc::none);
  CHECK(world.push(1, "b", 45) == errc::none);
  auto element = std::string{"c"};
  CHECK(world.uut.push(1, world.limits, std::move(element), 1, world.now)
        == errc::queue_full);
  // NOLINTNEXTLINE(bugprone-use-after-move): that is the point.
  CHECK(element == "c");
  CHECK(world.push(2, "d", 20) == errc::queue_full);
  CHECK(world.uut.flows() == 1);
  world.limits.on_full = qos_shed::oldest;
  CHECK(world.push(3, "e", 20) == errc::none);
  CHECK(world.full == "e");
  CHECK(world.drain() == "a b");
}

TEST_CASE("what exceeds a bound passes alone") {
  qos_queue_fixture world{{.bytes_max = 50}};
  world.limits = {.bytes_max = 10};
  CHECK(world.push(1, "a", 49) == errc::none);
  CHECK(world.push(1, "b", 1) == errc::none);
  CHECK(world.push(2, "c", 1) == errc::none);
  CHECK(world.full == "b");
  CHECK(world.drain() == "a c");
  CHECK(world.push(1, "a", 51) == errc::none);
  CHECK(world.full == "b");
  CHECK(world.drain() == "a");
  CHECK(world.push(2, "c", 1) == errc::none);
  CHECK(world.push(1, "a", 51) == errc::none);
  CHECK(world.full == "b a");
}

TEST_CASE("a cost of nothing counts") {
  qos_queue_fixture world;
  world.limits = {.bytes_max = 2};
  for (int i = 0; i < 3; ++i)
    CHECK(world.push(1, "a", 0) == errc::none);
  CHECK(world.uut.bytes() == 2);
}

TEST_CASE("when the queue is full") {
  SUBCASE("wdrr sheds of the flow that holds most for its weight") {
    qos_queue_fixture world{{.policy = "wdrr", .bytes_max = 100}};
    CHECK(world.push(1, "a", 20) == errc::none);
    CHECK(world.push(1, "b", 20) == errc::none);
    world.limits.weight = 3;
    CHECK(world.push(2, "c", 30) == errc::none);
    CHECK(world.push(2, "d", 30) == errc::none);
    world.limits.weight = 1;
    CHECK(world.push(3, "e", 10) == errc::none);
    CHECK(world.full == "b");
    CHECK(world.push(3, "f", 10) == errc::none);
    // Now it is among those that hold most.
    CHECK(world.push(3, "g", 10) == errc::none);
    CHECK(world.full == "b g");
  }
  SUBCASE("priority sheds the oldest of the lowest class") {
    qos_queue_fixture world{{.policy = "priority", .messages_max = 4}};
    world.limits.on_full = qos_shed::oldest;
    for (int flow = 1; flow <= 2; ++flow)
      for (const auto name : {"a", "b"}) {
        world.limits.weight = static_cast<uint32_t>(3 - flow);
        CHECK(world.push(flow, name + std::to_string(flow)) == errc::none);
      }
    world.limits.weight = 9;
    CHECK(world.push(3, "urgent") == errc::none);
    CHECK(world.full == "a2");
    world.limits = {.weight = 1};
    CHECK(world.push(4, "late") == errc::none);
    CHECK(world.full == "a2 late");
    CHECK(world.drain() == "urgent a1 b1 b2");
  }
  SUBCASE("fifo sheds of the same flow as wdrr") {
    qos_queue_fixture world{{.policy = "fifo", .messages_max = 2}};
    CHECK(world.push(1, "a") == errc::none);
    CHECK(world.push(1, "b") == errc::none);
    world.limits.weight = 9;
    CHECK(world.push(2, "c") == errc::none);
    CHECK(world.full == "b");
    CHECK(world.drain() == "a c");
  }
}

TEST_CASE("nothing is shed for an element that would not fit all the same") {
  for (const auto policy : {"fifo", "priority", "wdrr"}) {
    CAPTURE(policy);
    qos_queue_fixture world{{.policy = policy, .bytes_max = 100}};
    world.limits = {.weight = 1, .on_full = qos_shed::oldest};
    CHECK(world.push(1, "a", 50) == errc::none);
    CHECK(world.push(2, "b", 10) == errc::none);
    world.limits.weight = 9;
    CHECK(world.push(2, "c", 10) == errc::none);
    CHECK(world.push(3, "huge", 101) == errc::none);
    CHECK(world.full == "huge");
    CHECK(world.uut.messages() == 3);
  }
}

// -- messages that age --------------------------------------------------------

TEST_CASE("a newer element of a key has the place of the older one") {
  qos_queue_fixture world;
  CHECK(world.push(1, "a1", 1, "a") == errc::none);
  CHECK(world.push(1, "b1", 1, "b") == errc::none);
  CHECK(world.push(1, "x") == errc::none);
  CHECK(world.push(1, "a2", 5, "a") == errc::none);
  CHECK(world.push(2, "other", 1, "a") == errc::none);
  CHECK(world.replaced == "a1");
  CHECK(world.uut.bytes() == 8);
  CHECK(world.drain() == "a2 b1 x other");
  // Once it is gone, it is a new one.
  CHECK(world.push(1, "a3", 1, "a") == errc::none);
  CHECK(world.replaced == "a1");
  CHECK(world.drain() == "a3");
}

TEST_CASE("a newer element that does not fit in its place") {
  qos_queue_fixture world;
  world.limits = {.bytes_max = 10};
  auto fill = [&] {
    CHECK(world.push(1, "a1", 5, "a") == errc::none);
    CHECK(world.push(1, "b", 5) == errc::none);
  };
  SUBCASE("is refused, and the older one stays") {
    world.limits.on_full = qos_shed::refuse;
    fill();
    CHECK(world.push(1, "a2", 6, "a") == errc::queue_full);
    CHECK(world.drain() == "a1 b");
  }
  SUBCASE("sheds the oldest") {
    world.limits.on_full = qos_shed::oldest;
    fill();
    CHECK(world.push(1, "a2", 6, "a") == errc::none);
    CHECK(world.replaced == "a1");
    CHECK(world.full == "b");
    CHECK(world.drain() == "a2");
  }
}

TEST_CASE("what has waited for too long does not come out") {
  qos_queue_fixture world;
  world.limits.expires_after = 10s;
  CHECK(world.push(1, "a") == errc::none);
  world.now += 5s;
  CHECK(world.push(1, "b") == errc::none);
  world.now += 5s - 1ns;
  CHECK(world.push(2, "c") == errc::none);
  CHECK(world.expired.empty());
  world.now += 1ns;
  CHECK(world.drain() == "b c");
  CHECK(world.expired == "a");
}

TEST_CASE("what is too old makes room first") {
  qos_queue_fixture world;
  world.limits = {.messages_max = 2, .expires_after = 10s};
  CHECK(world.push(1, "a", 1, "key") == errc::none);
  CHECK(world.push(1, "b") == errc::none);
  world.now += 9s;
  // A newer one is young, wherever it stands.
  CHECK(world.push(1, "c", 1, "key") == errc::none);
  world.now += 1s;
  CHECK(world.push(1, "d") == errc::none);
  CHECK(world.expired == "b");
  CHECK(world.full.empty());
  CHECK(world.drain() == "c d");
}
