// SPDX-License-Identifier: Apache-2.0

// Code of README.md and of tests/harness/README.md, as it stands there.
#include <cstdint>
#include <iostream>
#include <set>

#include <caf/event_based_actor.hpp>

#include "troupe/messages/property.hpp"
#include "troupe/samples/gossip/gossip.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/seeds.hpp"

using namespace troupe;
using namespace troupe::testing;

// clang-format off

void count_vote(std::set<uint64_t>& votes, uint64_t id, bool has_block) {
  always<"a vote is counted once">(votes.insert(id).second);
  sometimes<"a vote comes before its block">(!has_block);
  reachable<"the mempool is full">();
}

bool all_seeds_pass() {
  auto report = for_each_seed(1, 200, [](uint64_t seed) {
    network net{seed};
    net.add_nodes(2).connect(full_mesh(2));
    net.finish();
  }, {.until_all_met = 1000});
  std::cout << report.text();
  return report.properties.never().empty();
}

void say_hello(caf::event_based_actor* self, const node& home) {
  auto gossip = troupe::open_gossip(self, home, {.topics = {"chat"}});
  gossip.publish("chat", "hello, world");
}
