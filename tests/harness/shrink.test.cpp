// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/shrink.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// A scenario of eight nodes with everything that a seed draws.
scenario draw(uint64_t seed) {
  auto random = sim_random{seed};
  return {seed, 8, 2min, draw_chaos(8, {.span = 2min}, random)};
}

std::vector<std::string> codes(const scenario& what) {
  std::vector<std::string> result;
  for (const auto& [when, each] : what.faults)
    result.push_back(each.code);
  return result;
}

bool has(const scenario& what, std::string_view code) {
  for (const auto& each : codes(what))
    if (each == code)
      return true;
  return false;
}

} // namespace

SCENARIO("a scenario that passes is not shrunk") {
  CHECK_FALSE(shrink(draw(1), [](const scenario&) { return std::nullopt; }));
}

SCENARIO("what a failure does not need is taken away") {
  auto first = draw(3);
  first.faults.emplace(first.faults.begin(), 1234567891ns, crash(2));
  first.faults.emplace(first.faults.begin() + 1, 2345678912ns, start(2));
  // It takes a crash, a start, three nodes and two seconds.
  auto play = [](const scenario& what) -> std::optional<std::string> {
    if (!has(what, "crash(2)") || !has(what, "start(2)") || what.nodes < 3
        || what.span < 2s)
      return std::nullopt;
    return "node-2 knows " + std::to_string(what.faults.size()) + " of 90";
  };
  const auto found = shrink(first, play);
  REQUIRE(found);
  CHECK(found->smallest.nodes == 3);
  CHECK(codes(found->smallest)
        == std::vector<std::string>{"crash(2)", "start(2)", "calm()"});
  CHECK(found->smallest.span >= 2s);
  CHECK(found->smallest.span < 8s);
  CHECK(found->problem == "node-2 knows 3 of 90");
  CHECK(found->runs < 200);
  for (const auto& [when, what] : found->smallest.faults)
    CHECK(when % 1ms == 0ns);
}

SCENARIO("another failure is not the one that is looked for") {
  // Without its partitions, the scenario fails in another way.
  auto play = [](const scenario& what) -> std::optional<std::string> {
    for (const auto& code : codes(what))
      if (code.starts_with("isolate"))
        return "the network is not whole";
    return "nothing happened";
  };
  auto first = draw(5);
  REQUIRE(play(first) == "the network is not whole");
  const auto found = shrink(first, play);
  REQUIRE(found);
  CHECK(found->problem == "the network is not whole");
  CHECK(found->smallest.faults.size() == 2);
  CHECK(found->smallest.faults[0].second.code.starts_with("isolate"));
}

SCENARIO("no fault names a node that is gone") {
  auto play = [](const scenario& what) -> std::optional<std::string> {
    for (const auto& [when, each] : what.faults)
      for (auto number : each.nodes)
        if (number >= what.nodes)
          return "there is no such node";
    return "it fails";
  };
  const auto found = shrink(draw(2), play);
  REQUIRE(found);
  CHECK(found->problem == "it fails");
  CHECK(found->smallest.nodes == 2);
  CHECK(codes(found->smallest) == std::vector<std::string>{"calm()"});
}

SCENARIO("a failure of another draw is found where the seed itself passes") {
  // As soon as something is gone, the seed alone does not fail any more.
  auto play = [](const scenario& what) -> std::optional<std::string> {
    if (what.faults.size() < draw(4).faults.size() && what.run.turns.empty())
      return std::nullopt;
    return "it fails";
  };
  const auto with = shrink(draw(4), play, {.variations = 2});
  REQUIRE(with);
  CHECK(with->smallest.faults.size() == 1);
  CHECK(with->smallest.run.turns.size() == 1);
  const auto without = shrink(draw(4), play, {.variations = 0});
  REQUIRE(without);
  CHECK(without->smallest.faults.size() == draw(4).faults.size());
}

SCENARIO("the number of runs is limited") {
  size_t runs = 0;
  auto play = [&](const scenario&) -> std::optional<std::string> {
    ++runs;
    return runs == 1 ? std::optional<std::string>{"once"} : std::nullopt;
  };
  const auto found = shrink(draw(1), play, {.runs_max = 20});
  REQUIRE(found);
  CHECK(runs == 20);
  CHECK(found->runs == 20);
}

SCENARIO("a scenario is the beginning of a test") {
  auto what
      = scenario{{5, {{100, 6}}},
                 3,
                 10s,
                 {{1500ms, partition({0, 1}, {2})},
                  {2s, relink(0, 2,
                              {.latency = sim_latency::long_tail(200ms, 3s),
                               .bandwidth = 20'000})},
                  {2s, {"mine", [](network&) {}}},
                  {10s, calm()}}};
  CHECK(what.code()
        == "network net{{5, {{100, 6}}}};\n"
           "net.add_nodes(3);\n"
           "net.at(1500ms, partition({0, 1}, {2}));\n"
           "net.at(2s, relink(0, 2, {.latency = sim_latency::long_tail(200ms, "
           "3s), .bandwidth = 20000}));\n"
           "net.at(2s, /* mine */);\n"
           "net.at(10s, calm());\n"
           "net.start();\n"
           "net.advance(10s);\n");
}

SCENARIO("reasons are the same whatever the numbers are") {
  CHECK(reason_of("node-3 lost 0f3a9c: 17.5 s")
        == reason_of("node-12 lost 1b: 3 s"));
  CHECK(reason_of("28/74 64/74 43/74 of them") == reason_of("1/9 of them"));
  CHECK(reason_of("1 of them\n  at 3 s") == reason_of("2 of them"));
  CHECK(reason_of("1 of them") != reason_of("1 of those"));
}
