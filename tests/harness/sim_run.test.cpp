// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_run.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/sim_random.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// What two generators of a run draw in turn.
std::vector<uint64_t> draw(const sim_run& run, size_t count) {
  auto one = sim_random{run.seed, std::make_shared<sim_draws>(run.turns)};
  auto two = one.split();
  std::vector<uint64_t> result;
  while (result.size() < count) {
    result.push_back(one.fork());
    result.push_back(two.fork());
  }
  return result;
}

size_t same_from_the_start(const std::vector<uint64_t>& a,
                           const std::vector<uint64_t>& b) {
  size_t result = 0;
  while (result < a.size() && a[result] == b[result])
    ++result;
  return result;
}

struct outcome {
  std::vector<std::string> lines;
  uint64_t draws;
  uint64_t hash;
};

/// All that happens to three nodes in half a minute.
outcome play(const sim_run& run) {
  std::vector<std::string> lines;
  network net{run, {.how = fidelity::messages, .channels = 0}};
  net.system().trace().set_sink(
      [&lines](std::string_view line) { lines.emplace_back(line); });
  net.add_nodes(3).connect(full_mesh(3));
  net.start();
  net.advance(30s);
  net.system().trace().set_sink(nullptr);
  return {lines, net.system().draws(), net.system().trace().hash()};
}

} // namespace

SCENARIO("a run without turns draws what its seed draws") {
  auto plain = sim_random{7};
  auto counted
      = sim_random{7, std::make_shared<sim_draws>(std::vector<sim_turn>{})};
  for (int i = 0; i < 50; ++i)
    CHECK(plain.fork() == counted.fork());
}

SCENARIO("behind a turn, all generators draw something else") {
  const auto straight = draw(7, 40);
  // The first draw made the second generator.
  const auto turned = draw({7, {{21, 1}}}, 40);
  CHECK(same_from_the_start(straight, turned) == 20);
  CHECK(straight[20] != turned[20]);
  CHECK(straight[21] != turned[21]);
  CHECK(turned[20] != turned[21]);
  CHECK(draw({7, {{21, 1}}}, 40) == turned);
  CHECK(draw({7, {{21, 2}}}, 40)[20] != turned[20]);
}

SCENARIO("a second turn leaves what comes before it as it was") {
  const auto once = draw({7, {{11, 1}}}, 60);
  const auto twice = draw({7, {{11, 1}, {31, 2}}}, 60);
  CHECK(same_from_the_start(once, twice) == 30);
}

SCENARIO("a network plays a run again, and varies it from a point on") {
  const auto first = play(11);
  CHECK(play(11).hash == first.hash);
  const auto middle = first.draws / 2;
  const auto varied = play({11, {{middle, 99}}});
  CHECK(varied.hash != first.hash);
  CHECK(play({11, {{middle, 99}}}).hash == varied.hash);
  size_t same = 0;
  while (same < std::min(first.lines.size(), varied.lines.size())
         && first.lines[same] == varied.lines[same])
    ++same;
  CHECK(same > first.lines.size() / 10);
  // A turn that never comes changes nothing.
  CHECK(play({11, {{first.draws, 99}}}).hash == first.hash);
}

SCENARIO("a run is written as it stands in a program") {
  CHECK(sim_run{17}.code() == "17");
  CHECK(sim_run{17, {{2000, 5}, {3000, 6}}}.code()
        == "{17, {{2000, 5}, {3000, 6}}}");
}
