// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/plumtree.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "toy_network.hpp"
#include "troupe/tests/harness/topology.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;
using namespace troupe::plumtree_wire;

namespace {

template <class F>
void for_seeds(uint64_t count, F play) {
  for (uint64_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    play(seed);
  }
}

/// A connected network of so many nodes.
struct connected_network : toy_network {
  connected_network(uint64_t seed, size_t count, size_t degree,
                    const gossip_options& options = {})
    : toy_network(seed, count, options),
      edges(random_graph(count, degree, random)) {
    for (const auto& [a, b] : edges)
      connect(a, b);
    advance(1s);
  }

  /// Messages from nodes that are drawn from some.
  std::vector<gossip_id> talk(size_t count, size_t publishers, duration gap) {
    std::vector<gossip_id> result;
    for (size_t i = 0; i < count; ++i) {
      result.push_back(publish(
          random.below(publishers),
          fmt::format("message {} at {}", i, now.time_since_epoch().count())));
      advance(gap);
    }
    return result;
  }

  edge_list edges;
};

} // namespace

// -- what has to hold in any network ------------------------------------------

TEST_CASE("every node gets every message once, over links that never break") {
  for_seeds(10, [](uint64_t seed) {
    connected_network net{seed, 30, 6};
    const auto all = net.talk(40, 30, 200ms);
    net.advance(5s);
    for (const auto& id : all)
      for (size_t i = 0; i < net.size(); ++i)
        CHECK(net.got(i, id) == 1);
    CHECK(net.blamed.empty());
  });
}

TEST_CASE("trees settle: a message then comes once to each node, and is "
          "announced over the other links") {
  connected_network net{1, 60, 6};
  net.talk(30, 1, 500ms);
  net.sent.clear();
  const auto all = net.talk(20, 1, 500ms);
  net.advance(1s);
  for (const auto& id : all)
    CHECK(net.reached(id) == net.size());
  // 59 each would be a perfect tree.
  CHECK(net.sent["Payload"].first < 20 * 62);
  CHECK(net.sent["Prune"].first < 30);
}

TEST_CASE("with two copies wanted, a message comes about twice") {
  gossip_options options;
  options.copies = 2;
  connected_network net{1, 60, 6, options};
  net.talk(30, 1, 500ms);
  net.sent.clear();
  net.talk(20, 1, 500ms);
  net.advance(1s);
  CHECK(net.sent["Payload"].first > 20 * 59 * 3 / 2);
  CHECK(net.sent["Payload"].first < 20 * 59 * 5 / 2);
}

TEST_CASE("whatever breaks, all nodes know all in the end, and nobody got "
          "anything twice or was blamed") {
  for_seeds(15, [](uint64_t seed) {
    connected_network net{seed, 16, 4};
    if (net.random.chance(500))
      net.lost_per_mille = 100;
    if (net.random.chance(500))
      net.twice_per_mille = 100;
    std::vector<gossip_id> all;
    for (int i = 0; i < 60; ++i) {
      auto [a, b] = net.edges[net.random.below(net.edges.size())];
      if (net.connected(a, b))
        net.disconnect(a, b);
      else
        net.connect(a, b);
      all.push_back(
          net.publish(net.random.below(16), fmt::format("news {}", i)));
      net.advance(net.random.between(0ms, 500ms));
    }
    net.lost_per_mille = 0;
    net.twice_per_mille = 0;
    for (const auto& [a, b] : net.edges)
      if (!net.connected(a, b))
        net.connect(a, b);
    net.advance(45s);
    for (const auto& id : all) {
      CHECK(net.reached(id) == net.size());
      for (size_t i = 0; i < net.size(); ++i)
        CHECK(net.got(i, id) <= 1);
    }
    CHECK(net.blamed.empty());
  });
}

TEST_CASE(
    "when a node is gone, the rest of its tree asks for the messages, and "
    "gets the next ones at once again") {
  connected_network net{3, 30, 6};
  net.talk(10, 1, 500ms);
  // Whoever passes on most.
  size_t hub = 1;
  for (size_t i = 1; i < net.size(); ++i)
    if (net[i].eager_links("news", gossip_origin(net.id_of(0)))
        > net[hub].eager_links("news", gossip_origin(net.id_of(0))))
      hub = i;
  for (size_t i = 0; i < net.size(); ++i)
    if (net.connected(hub, i))
      net.disconnect(hub, i);
  net.sent.clear();
  const auto first = net.publish(0, "the first one after that");
  net.advance(3s);
  CHECK(net.reached(first) == net.size() - 1);
  CHECK(net.sent["Graft"].first > 0);
  net.talk(3, 1, 1s);
  net.sent.clear();
  const auto later = net.publish(0, "a later one");
  net.advance(1s);
  CHECK(net.reached(later) == net.size() - 1);
  CHECK(net.sent["Graft"].first == 0);
}

TEST_CASE("who comes late gets what is kept") {
  toy_network net{1, 2};
  const auto early = net.publish(0, "early");
  net.advance(1min);
  net.connect(0, 1);
  net.advance(2s);
  CHECK(net.got(1, early) == 1);
}

TEST_CASE("what only one link could bring and what got lost on it comes with a "
          "reminder") {
  connected_network net{1, 2, 2};
  net.lost_per_mille = 1000;
  const auto lost = net.publish(0, "lost");
  net.advance(1s);
  net.lost_per_mille = 0;
  CHECK(net.got(1, lost) == 0);
  net.advance(20s);
  CHECK(net.got(1, lost) == 1);
}

TEST_CASE("messages stay among those who have their topic") {
  toy_network net{1, 3};
  net[2].unsubscribe("news", net.now);
  for (size_t peer : {1, 2})
    net.connect(0, peer);
  net.advance(1s);
  const auto first = net.publish(0, "first");
  net.advance(1s);
  CHECK(net.got(1, first) == 1);
  CHECK(net.got(2, first) == 0);
  CHECK(net[2].subscribe("news", net.now).code == errc::none);
  net.perform(2);
  net.advance(2s);
  CHECK(net.got(2, first) == 1);
  net[1].unsubscribe("news", net.now);
  net.perform(1);
  net.advance(1s);
  const auto second = net.publish(0, "second");
  net.advance(1s);
  CHECK(net.got(1, second) == 0);
  CHECK(net.got(2, second) == 1);
}

// -- the user -----------------------------------------------------------------

TEST_CASE("what a node ignores goes no further, and nobody is to blame") {
  connected_network net{1, 3, 2};
  net.disconnect(0, 2);
  net.verdict = [](size_t node, const auto&) {
    return node == 1 ? gossip_verdict::ignore : gossip_verdict::accept;
  };
  const auto id = net.publish(0, "boring");
  net.advance(10s);
  CHECK(net.got(1, id) == 1);
  CHECK(net.got(2, id) == 0);
  CHECK(net.blamed.empty());
}

TEST_CASE("when too many messages wait for a verdict, further ones are "
          "forgotten until they are announced again") {
  gossip_options options;
  options.verdicts_max = 3;
  sim_random random{1};
  options.topics = {"news"};
  plumtree uut{options, 1, random, {}};
  time_point now{};
  uut.up(toy_network::id_of(1), now);
  for (int i = 0; i < 5; ++i) {
    Payload what;
    what.set_topic("news");
    what.set_content(fmt::to_string(i));
    uut.received(toy_network::id_of(1), what, now);
  }
  CHECK(uut.counts().delivered == 3);
  CHECK(uut.counts().refused == 2);
  uut.judge(gossip_id::of("news", "0"), gossip_verdict::accept, now);
  Payload again;
  again.set_topic("news");
  again.set_content("4");
  uut.received(toy_network::id_of(1), again, now);
  CHECK(uut.counts().delivered == 4);
}
