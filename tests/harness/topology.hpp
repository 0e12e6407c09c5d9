// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::testing {

/// Pairs of nodes, by number, that know each other. The smaller number comes
/// first; no pair comes twice.
using edge_list = std::vector<std::pair<size_t, size_t>>;

/// Everybody knows everybody.
edge_list full_mesh(size_t nodes);

/// Everybody knows the next one, and the last one the first.
edge_list ring(size_t nodes);

/// Everybody knows the first one.
edge_list star(size_t nodes);

/// A connected network in which every node knows about `degree` others: a ring,
/// so that nobody is left out, and random pairs.
/// @pre `degree` is at least 2.
edge_list random_graph(size_t nodes, size_t degree, sim_random& random);

} // namespace troupe::testing
