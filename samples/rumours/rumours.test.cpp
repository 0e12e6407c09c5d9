// SPDX-License-Identifier: Apache-2.0
//
// Does every node of a network that breaks all the time hear every rumour? A
// program without a test framework:
//     rumours_test [--seeds N]        tries the seeds from 1 to N
//     rumours_test --seed N           plays one of them again
//     rumours_test --seed N --shrink  looks for the least that fails like it
// and --forgetful plants a bug. Exit status: 0 if all was well, 1 if not, 2 on
// bad usage.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rumour_reactor.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/shrink.hpp"

using namespace std::chrono_literals;
using namespace troupe::testing;

namespace {

constexpr size_t nodes = 6;

/// The rumours that each node knows.
using knowledge = std::vector<std::set<uint64_t>>;

/// Faults that we chose, and faults that the seed chooses.
scenario draw(uint64_t seed) {
  auto random = sim_random{seed};
  auto faults = draw_chaos(nodes, draw_swarm({.span = 2min}, random), random);
  faults.emplace_back(5s, partition({0, 1, 2}, {3, 4, 5}));
  faults.emplace_back(40s, heal());
  faults.emplace_back(45s, crash(4));
  faults.emplace_back(50s, start(4));
  std::ranges::stable_sort(faults, {}, &timed_fault::first);
  return {seed, nodes, 2min, faults};
}

/// Throws a `sim_failure` if something is wrong. @returns how many rumours all
/// nodes know, and the hash of everything that happened.
std::pair<size_t, uint64_t> play(const scenario& what, bool forgetful) {
  network net{what.run};
  net.system().set_replay(fmt::format("rumours_test --seed {}{}", what.run.seed,
                                      forgetful ? " --forgetful" : ""));
  net.add_nodes(what.nodes).connect(ring(what.nodes));

  // Called whenever a node starts, so after a crash as well.
  knowledge known(what.nodes);
  net.add_reactor([&](auto& sys, const troupe::node& home, size_t number) {
    known[number].clear();
    auto note = [&net, &known, number](uint64_t id, const std::string& text) {
      known[number].insert(id);
      net.system().trace().note(net.now(),
                                fmt::format("node-{} hears: {}", number, text));
    };
    rumours::spawn_rumours(
        sys, home,
        {.inventions_max = 8, .on_rumour = note, .forgetful = forgetful});
  });

  for (const auto& [when, fault] : what.faults)
    net.at(when, fault);
  net.start();
  net.advance(what.span); // The last fault is `calm`.

  auto all_know_all = [&] {
    for (const auto& one : known)
      if (one != known[0])
        return false;
    return net.meshed();
  };
  if (!net.run_until(all_know_all, 10min)) {
    std::set<uint64_t> all;
    for (const auto& one : known)
      all.insert(one.begin(), one.end());
    std::string wrong = "ten minutes without faults, and";
    for (size_t i = 0; i < what.nodes; ++i)
      wrong += fmt::format(" {}/{}", known[i].size(), all.size());
    net.system().report(wrong + " of the rumours are known");
    net.system().throw_if_failed();
  }
  auto hash = net.system().trace().hash();
  net.finish(); // Fails if a node does not stop, or leaves something behind.
  return {known[0].size(), hash};
}

/// Prints the smallest scenario that fails as that of a seed does.
void print_smallest(uint64_t seed, bool forgetful) {
  auto problem_of = [&](const scenario& what) -> std::optional<std::string> {
    try {
      play(what, forgetful);
      return std::nullopt;
    } catch (const sim_failure& problem) {
      return problem.problem();
    }
  };
  if (auto found = shrink(draw(seed), problem_of))
    fmt::print("after {} runs: {}\n{}", found->runs, found->problem,
               found->smallest.code());
}

uint64_t number(std::string_view text) {
  uint64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

} // namespace

int main(int argc, char** argv) {
  uint64_t first = 1;
  uint64_t last = 20;
  bool forgetful = false;
  bool smallest = false;
  for (int i = 1; i < argc; ++i) {
    auto option = std::string_view{argv[i]};
    auto value = i + 1 < argc ? number(argv[i + 1]) : 0;
    if (option == "--forgetful") {
      forgetful = true;
    } else if (option == "--shrink") {
      smallest = true;
    } else if (option == "--seeds" && value > 0) {
      last = value;
      ++i;
    } else if (option == "--seed" && value > 0) {
      first = last = value;
      ++i;
    } else {
      fmt::print(stderr, "usage: rumours_test [--seeds N | --seed N "
                         "[--shrink]] [--forgetful]\n");
      return 2;
    }
  }
  if (smallest) {
    print_smallest(first, forgetful);
    return 0;
  }
  for (auto seed = first; seed <= last; ++seed) {
    try {
      auto [count, hash] = play(draw(seed), forgetful);
      fmt::print("seed {}: all {} nodes know all {} rumours, hash {:016x}\n",
                 seed, nodes, count, hash);
    } catch (const sim_failure& problem) {
      fmt::print("seed {}: {}\n", seed, problem.what());
      return 1;
    }
  }
  return 0;
}
