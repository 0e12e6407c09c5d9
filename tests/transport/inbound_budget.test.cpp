// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/inbound_budget.hpp"

#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

receive_limits limits(size_t connection, size_t node) {
  return {.connection_memory = connection, .node_memory = node};
}

/// A connection, and whether others ended it.
struct member {
  explicit member(const std::shared_ptr<inbound_budget>& budget)
    : account(budget->open([this] { ++chosen; })) {}

  member(const member&) = delete;

  member& operator=(const member&) = delete;

  errc hold(size_t bytes) {
    return account->hold(bytes);
  }

  int chosen = 0;
  std::unique_ptr<inbound_budget::account> account;
};

} // namespace

TEST_CASE("connections hold what fits, and give it back when they go") {
  auto budget = inbound_budget::make(limits(100, 250));
  {
    member a{budget};
    member b{budget};
    CHECK(a.hold(100) == errc::none);
    CHECK(b.hold(100) == errc::none);
    CHECK(budget->held() == 200);
    CHECK(a.hold(10) == errc::none);
    CHECK(budget->held() == 110);
  }
  CHECK(budget->held() == 0);
}

TEST_CASE("a connection that holds more than its own limit ends") {
  auto budget = inbound_budget::make(limits(100, 250));
  member a{budget};
  CHECK(a.hold(101) == errc::over_budget);
  // It may say what it likes now, and counts for nothing.
  CHECK(a.hold(1) == errc::over_budget);
  CHECK(budget->held() == 0);
  // It knows already.
  CHECK(a.chosen == 0);
}

TEST_CASE("when the node's memory is full, the connection that holds most "
          "ends") {
  auto budget = inbound_budget::make(limits(100, 250));
  member a{budget};
  member b{budget};
  member c{budget};
  member d{budget};
  CHECK(a.hold(90) == errc::none);
  CHECK(b.hold(100) == errc::none);
  CHECK(c.hold(60) == errc::none);
  SUBCASE("somebody else than the one that needs more") {
    CHECK(d.hold(1) == errc::none);
    CHECK(b.chosen == 1);
    CHECK(a.chosen + c.chosen + d.chosen == 0);
    CHECK(budget->held() == 151);
    CHECK(b.hold(100) == errc::over_budget);
    // That is enough for a while.
    CHECK(d.hold(99) == errc::none);
    CHECK(b.chosen == 1);
  }
  SUBCASE("the one that needs more itself") {
    CHECK(d.hold(100) == errc::over_budget);
    CHECK(a.chosen + b.chosen + c.chosen + d.chosen == 0);
    CHECK(budget->held() == 250);
  }
}

TEST_CASE("among connections that hold the same, the youngest ends") {
  auto budget = inbound_budget::make(limits(100, 250));
  member old{budget};
  member young{budget};
  member small{budget};
  CHECK(old.hold(100) == errc::none);
  CHECK(young.hold(100) == errc::none);
  CHECK(small.hold(60) == errc::none);
  CHECK(young.chosen == 1);
  CHECK(old.chosen == 0);
}

TEST_CASE("an honest connection with little is never the one that ends") {
  auto budget = inbound_budget::make(limits(1000, 10'000));
  member honest{budget};
  std::vector<std::unique_ptr<member>> greedy;
  for (int i = 0; i < 64; ++i)
    greedy.push_back(std::make_unique<member>(budget));
  std::mt19937 random{7};
  for (int round = 0; round < 2000; ++round) {
    auto& one = greedy[random() % greedy.size()];
    if (one->hold(200 + random() % 800) == errc::over_budget)
      one = std::make_unique<member>(budget); // It comes back at once.
    // Less than a share.
    REQUIRE(honest.hold(random() % 150) == errc::none);
    REQUIRE(budget->held() <= 10'000);
  }
  CHECK(honest.chosen == 0);
}

TEST_CASE("several threads may use a budget at once") {
  auto budget = inbound_budget::make(limits(1000, 3000));
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i)
    threads.emplace_back([budget, i] {
      std::mt19937 random{i};
      for (int round = 0; round < 300; ++round) {
        auto account = budget->open([] {});
        for (int j = 0; j < 10; ++j)
          if (account->hold(random() % 1500) != errc::none)
            break;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(budget->held() == 0);
}

TEST_CASE("limits that make no sense are refused by name") {
  CHECK(validate(receive_limits{}).code == errc::none);
  auto refused = [](auto change) {
    receive_limits what;
    change(what);
    auto bad = validate(what);
    CHECK(bad.code == errc::invalid_option);
    return bad.context.substr(0, bad.context.find(':'));
  };
  CHECK(refused([](auto& x) { x.connection_memory = 1000; })
        == "connection_memory");
  CHECK(refused([](auto& x) { x.node_memory = x.connection_memory - 1; })
        == "node_memory");
  CHECK(refused([](auto& x) { x.progress_bytes = 0; }) == "progress_bytes");
  CHECK(refused([](auto& x) { x.progress_time = {}; }) == "progress_time");
  CHECK(refused([](auto& x) { x.progress_time = std::chrono::hours{25}; })
        == "progress_time");
}

TEST_CASE("a policy prints as it is written") {
  for (auto what :
       {unknown_channel_policy::ignore, unknown_channel_policy::disconnect})
    CHECK(parse_unknown_channel_policy(to_string(what)) == what);
  CHECK_FALSE(parse_unknown_channel_policy("drop"));
}
