// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/topology.hpp"

#include <algorithm>
#include <set>

namespace troupe::testing {

edge_list full_mesh(size_t nodes) {
  edge_list result;
  for (size_t a = 0; a < nodes; ++a)
    for (size_t b = a + 1; b < nodes; ++b)
      result.emplace_back(a, b);
  return result;
}

edge_list ring(size_t nodes) {
  edge_list result;
  for (size_t a = 0; a + 1 < nodes; ++a)
    result.emplace_back(a, a + 1);
  if (nodes > 2)
    result.emplace_back(0, nodes - 1);
  return result;
}

edge_list star(size_t nodes) {
  edge_list result;
  for (size_t b = 1; b < nodes; ++b)
    result.emplace_back(0, b);
  return result;
}

edge_list random_graph(size_t nodes, size_t degree, sim_random& random) {
  auto first = ring(nodes);
  std::set<std::pair<size_t, size_t>> edges(first.begin(), first.end());
  const auto possible = nodes < 2 ? 0 : nodes * (nodes - 1) / 2;
  const auto wanted = std::min(possible, nodes * degree / 2);
  while (edges.size() < wanted) {
    auto a = static_cast<size_t>(random.below(nodes));
    auto b = static_cast<size_t>(random.below(nodes));
    if (a != b)
      edges.emplace(std::min(a, b), std::max(a, b));
  }
  return {edges.begin(), edges.end()};
}

} // namespace troupe::testing
