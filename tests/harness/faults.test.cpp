// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/faults.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

std::vector<std::pair<duration, std::string>>
names(const std::vector<timed_fault>& faults) {
  std::vector<std::pair<duration, std::string>> result;
  for (const auto& [when, what] : faults)
    result.emplace_back(when, what.name);
  return result;
}

std::vector<timed_fault> draw(uint64_t seed, const chaos_options& options = {},
                              size_t nodes = 8) {
  sim_random random{seed};
  return draw_chaos(nodes, options, random);
}

} // namespace

TEST_CASE("chaos is in order and ends with calm") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    auto faults = draw(seed);
    CHECK(faults.size() > 10);
    CHECK(std::is_sorted(
        faults.begin(), faults.end(),
        [](const auto& x, const auto& y) { return x.first < y.first; }));
    CHECK(faults.front().first >= 0s);
    CHECK(faults.back().first == 60s);
    CHECK(faults.back().second.name == "calm");
    for (size_t i = 0; i + 1 < faults.size(); ++i) {
      CHECK(faults[i].first < 60s);
      CHECK(faults[i].second.name != "calm");
    }
  }
}

TEST_CASE("chaos is a function of the seed") {
  CHECK(names(draw(1)) == names(draw(1)));
  CHECK(names(draw(1)) != names(draw(2)));
}

TEST_CASE("chaos draws all kinds of faults, and only those that are wanted") {
  auto kinds = [](const chaos_options& options) {
    std::set<std::string> result;
    for (uint64_t seed = 0; seed < 20; ++seed)
      for (const auto& [when, name] : names(draw(seed, options)))
        result.insert(name.substr(0, name.find(' ')));
    return result;
  };
  CHECK(kinds({})
        == std::set<std::string>{"block", "calm", "crash", "heal", "isolate",
                                 "name", "relink", "reset", "restore", "stall",
                                 "start", "stop"});
  chaos_options options;
  options.crashes = options.partitions = options.stalls = false;
  options.bad_links = options.bad_names = false;
  CHECK(kinds(options) == std::set<std::string>{"calm", "reset"});
  options.resets = false;
  CHECK(kinds(options) == std::set<std::string>{"calm"});
  options.double_datagrams = true;
  CHECK(kinds(options) == std::set<std::string>{"calm", "relink"});
}

TEST_CASE("each kind of faults of datagrams is drawn where it is wanted") {
  chaos_options options;
  options.bad_links = false;
  options.set_datagrams(true);
  CHECK(options.busy_sockets);
  std::string all;
  for (uint64_t seed = 0; seed < 5; ++seed)
    for (const auto& [when, what] : draw(seed, options))
      all += what.code;
  for (const auto* name :
       {"lose_per_mille", "late_per_mille", "double_per_mille",
        "garble_per_mille", "busy_per_mille", "datagram_size_max"})
    CHECK(all.find(name) != std::string::npos);
  options.set_datagrams(false);
  options.late_datagrams = true;
  for (const auto& [when, what] : draw(1, options))
    CHECK(what.code.find("double_per_mille") == std::string::npos);
}

TEST_CASE("nothing breaks where nobody is") {
  CHECK(names(draw(1, {}, 1)).size() == 1);
  CHECK(names(draw(1, {}, 0)).size() == 1);
}

TEST_CASE("faults say what they do") {
  CHECK(partition({0, 1}, {2}).name == "partition [0, 1] from [2]");
  CHECK(crash(3).name == "crash 3");
  CHECK(stall(1, 2, 1500ms).name == "stall 1 to 2 for 1500 ms");
  CHECK(slow_name(4, 1500ms).name == "name of 4 takes 1500 ms");
  CHECK(lost_name(4).name == "name of 4 is lost");
  CHECK(silent_name(4).name == "name of 4 gets no answer");
  CHECK(stale_name(4, 2).name == "name of 4 has 2 old addresses");
  CHECK(weather({.lose_per_mille = 7}).code
        == "weather({.lose_per_mille = 7})");
}

TEST_CASE(
    "a swarm has half of the kinds of faults, and each seed another half") {
  std::set<std::string> seen;
  size_t with_crashes = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    sim_random random{seed};
    const auto swarm = draw_swarm({.black_holes = true}, random);
    const auto kinds = kinds_of(swarm);
    CHECK(std::count(kinds.begin(), kinds.end(), ',') == 3);
    with_crashes += swarm.crashes ? 1 : 0;
    seen.insert(kinds);
  }
  // Four of seven: 35 ways.
  CHECK(seen.size() > 30);
  CHECK(with_crashes > 80);
  CHECK(with_crashes < 150);
}

TEST_CASE("a swarm adds no kind of fault") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    sim_random random{seed};
    const auto swarm
        = draw_swarm({.crashes = false, .bad_names = false}, random);
    CHECK_FALSE(swarm.crashes);
    CHECK_FALSE(swarm.bad_names);
    CHECK_FALSE(swarm.black_holes);
    CHECK(kinds_of(swarm) != "none");
  }
  CHECK(kinds_of({.crashes = false,
                  .partitions = false,
                  .stalls = false,
                  .resets = false,
                  .bad_links = false,
                  .bad_names = false})
        == "none");
}

TEST_CASE("each fault that chaos draws says what it is in a program") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (const auto& [when, what] : draw(seed, {.black_holes = true})) {
      CAPTURE(what.name);
      CHECK(what.code.ends_with(')'));
      for (auto number : what.nodes)
        CHECK(what.code.find(std::to_string(number)) != std::string::npos);
    }
  }
  CHECK(stall(1, 2, 1500ms).code == "stall(1, 2, 1500ms)");
  CHECK(isolate({3, 4}).code == "isolate({3, 4})");
  CHECK(isolate({3, 4}).nodes == node_group{3, 4});
}
