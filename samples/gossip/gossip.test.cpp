// SPDX-License-Identifier: Apache-2.0
//
// Does every node of a network that breaks all the time hear every rumour? A
// program without a test framework:
//     gossip_test [--seeds N]        tries the seeds from 1 to N
//     gossip_test --seed N           plays one of them again
// and --forgetful plants a bug. Exit status: 0 if all was well, 1 if not, 2 on
// bad usage.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gossip_reactor.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"

using namespace std::chrono_literals;
using namespace troupe::testing;

namespace {

constexpr size_t nodes = 6;

/// The rumours that each node knows.
using knowledge = std::vector<std::set<uint64_t>>;

/// Throws a `sim_failure` if something is wrong. @returns how many rumours all
/// nodes know, and the hash of everything that happened.
std::pair<size_t, uint64_t> play(uint64_t seed, bool forgetful) {
  network net{seed};
  net.system().set_replay(fmt::format("gossip_test --seed {}{}", seed,
                                      forgetful ? " --forgetful" : ""));
  net.add_nodes(nodes).connect(ring(nodes));

  // Called whenever a node starts, so after a crash as well.
  knowledge known(nodes);
  net.add_reactor([&](auto& sys, const troupe::node& home, size_t number) {
    known[number].clear();
    auto note = [&net, &known, number](uint64_t id, const std::string& text) {
      known[number].insert(id);
      net.system().trace().note(net.now(),
                                fmt::format("node-{} hears: {}", number, text));
    };
    gossip::spawn_gossip(
        sys, home,
        {.inventions_max = 8, .on_rumour = note, .forgetful = forgetful});
  });

  // Faults that we chose, and faults that the seed chooses.
  net.at(5s, partition({0, 1, 2}, {3, 4, 5}));
  net.at(40s, heal());
  net.at(45s, crash(4));
  net.at(50s, start(4));
  for (auto& [when, what] :
       draw_chaos(nodes, {.span = 2min}, net.system().random()))
    net.at(when, std::move(what));

  net.start();
  net.advance(2min); // The last fault is `calm`: now the network is whole.

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
    for (size_t i = 0; i < nodes; ++i)
      wrong += fmt::format(" {}/{}", known[i].size(), all.size());
    net.system().report(wrong + " of the rumours are known");
    net.system().throw_if_failed();
  }
  auto hash = net.system().trace().hash();
  net.finish(); // Fails if a node does not stop, or leaves something behind.
  return {known[0].size(), hash};
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
  for (int i = 1; i < argc; ++i) {
    auto option = std::string_view{argv[i]};
    auto value = i + 1 < argc ? number(argv[i + 1]) : 0;
    if (option == "--forgetful") {
      forgetful = true;
    } else if (option == "--seeds" && value > 0) {
      last = value;
      ++i;
    } else if (option == "--seed" && value > 0) {
      first = last = value;
      ++i;
    } else {
      fmt::print(stderr, "usage: gossip_test [--seeds N | --seed N] "
                         "[--forgetful]\n");
      return 2;
    }
  }
  for (auto seed = first; seed <= last; ++seed) {
    try {
      auto [count, hash] = play(seed, forgetful);
      fmt::print("seed {}: all {} nodes know all {} rumours, hash {:016x}\n",
                 seed, nodes, count, hash);
    } catch (const sim_failure& problem) {
      fmt::print("seed {}: {}\n", seed, problem.what());
      return 1;
    }
  }
  return 0;
}
