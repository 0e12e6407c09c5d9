// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/topology.hpp"

#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe::testing;

namespace {

/// Whether the pairs are what a list of edges promises.
bool is_well_formed(const edge_list& edges, size_t nodes) {
  std::set<std::pair<size_t, size_t>> seen;
  for (const auto& [a, b] : edges)
    if (a >= b || b >= nodes || !seen.emplace(a, b).second)
      return false;
  return true;
}

bool is_connected(const edge_list& edges, size_t nodes) {
  std::set<size_t> reached{0};
  for (size_t round = 0; round < nodes; ++round)
    for (const auto& [a, b] : edges)
      if (reached.count(a) + reached.count(b) == 1)
        reached.insert({a, b});
  return reached.size() == nodes;
}

std::vector<size_t> degrees(const edge_list& edges, size_t nodes) {
  std::vector<size_t> result(nodes);
  for (const auto& [a, b] : edges) {
    ++result[a];
    ++result[b];
  }
  return result;
}

} // namespace

TEST_CASE("in a full mesh everybody knows everybody") {
  for (size_t nodes = 0; nodes < 8; ++nodes) {
    auto edges = full_mesh(nodes);
    CHECK(is_well_formed(edges, nodes));
    CHECK(edges.size() == (nodes < 2 ? 0 : nodes * (nodes - 1) / 2));
  }
}

TEST_CASE("in a ring everybody knows two") {
  CHECK(ring(1).empty());
  CHECK(ring(2) == edge_list{{0, 1}});
  for (size_t nodes = 3; nodes < 8; ++nodes) {
    auto edges = ring(nodes);
    CHECK(is_well_formed(edges, nodes));
    CHECK(is_connected(edges, nodes));
    for (auto degree : degrees(edges, nodes))
      CHECK(degree == 2);
  }
}

TEST_CASE("in a star everybody knows the first") {
  CHECK(star(1).empty());
  auto edges = star(5);
  CHECK(is_well_formed(edges, 5));
  CHECK(is_connected(edges, 5));
  CHECK(degrees(edges, 5) == std::vector<size_t>{4, 1, 1, 1, 1});
}

TEST_CASE("a random graph is connected and as dense as it should be") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    sim_random random{seed};
    auto edges = random_graph(20, 4, random);
    CHECK(is_well_formed(edges, 20));
    CHECK(is_connected(edges, 20));
    CHECK(edges.size() == 40);
    for (auto degree : degrees(edges, 20))
      CHECK(degree >= 2);
  }
}

TEST_CASE("a random graph cannot be denser than a full mesh") {
  sim_random random{1};
  CHECK(random_graph(4, 10, random) == full_mesh(4));
  CHECK(random_graph(2, 4, random) == full_mesh(2));
  CHECK(random_graph(1, 4, random).empty());
}

TEST_CASE("a random graph is a function of the seed") {
  sim_random one{5};
  sim_random same{5};
  sim_random other{6};
  auto edges = random_graph(20, 4, one);
  CHECK(edges == random_graph(20, 4, same));
  CHECK(edges != random_graph(20, 4, other));
}
