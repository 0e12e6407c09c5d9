// SPDX-License-Identifier: Apache-2.0
//
// Do all pools hold the same in the end, whatever breaks? A program without a
// test framework, as that of samples/rumours:
//     mempool_test [SEEDS]
// TROUPE_SEED=N plays one seed only. Exit status: 0 if all was well.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>

#include "mempool_reactor.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/seeds.hpp"

using namespace std::chrono_literals;
using namespace troupe::testing;

namespace {

constexpr size_t nodes = 6;

void play(uint64_t seed) {
  network net{seed, {.how = fidelity::messages}};
  net.add_nodes(nodes).connect(ring(nodes));

  using fees = std::map<std::pair<std::string, uint64_t>, uint64_t>;
  std::vector<fees> known(nodes);
  std::vector<caf::actor_addr> reactors(nodes);
  net.add_reactor([&](auto& sys, const troupe::node& home, size_t number) {
    known[number].clear();
    mempool::mempool_options options;
    options.on_change
        = [&, number](const mempool::pool& all) { known[number] = all.fees(); };
    // Who comes back after a crash gets all that there was.
    options.gossip.keep_time = options.gossip.seen_time = 10min;
    reactors[number]
        = mempool::spawn_mempool(sys, home, std::move(options)).address();
  });
  auto submit = [&](size_t number, const std::string& text) {
    if (auto who = caf::actor_cast<caf::actor>(reactors[number]))
      caf::anon_send(who, caf::put_atom_v, text);
  };

  auto& random = net.system().random();
  auto swarm = draw_swarm({.span = 1min, .mean_gap = 4s}, random);
  for (auto& [when, what] : draw_chaos(nodes, swarm, random))
    net.at(when, std::move(what));
  net.start();
  for (size_t i = 0; i < 30; ++i) {
    const auto number = random.below(nodes);
    troupe::sometimes<"a node is down when it should pay">(
        !net.is_running(number));
    if (net.is_running(number))
      submit(number, fmt::format("node-{} {} {}", number, i, i % 7));
    net.advance(random.between(0ms, 4s));
  }
  net.advance(10s);

  auto agree = [&] {
    return net.meshed()
           && std::all_of(known.begin(), known.end(),
                          [&](const auto& one) { return one == known[0]; });
  };
  if (!net.run_until(agree, 5min))
    net.system().report("five minutes without faults, and the pools differ");
  net.system().throw_if_failed();

  troupe::always<"something has come through">(!known[0].empty());
  net.finish();
}

} // namespace

int main(int argc, char** argv) {
  // The harness registers the types of Troupe, and we those of the gossip.
  caf::init_global_meta_objects<caf::id_block::troupe_gossip>();
  const auto seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10;
  try {
    auto report = for_each_seed(1, seeds, play);
    fmt::print("{}\n", report.text());
    fmt::print("{} seeds: all pools were the same\n", report.seeds);
  } catch (const sim_failure& problem) {
    fmt::print("{}\n", problem.what());
    return 1;
  }
  return 0;
}
