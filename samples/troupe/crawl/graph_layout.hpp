// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace troupe::command {

/// Where a node is drawn.
struct layout_point {
  double x = 0;
  double y = 0;

  friend bool operator==(const layout_point&, const layout_point&) = default;
};

/// A line between two nodes.
using layout_line = std::pair<uint32_t, uint32_t>;

/// Finds out where to draw the nodes of a graph: those that are connected pull
/// each other together, all push each other away ("ForceAtlas2", Jacomy et al.,
/// PLOS ONE 9(6), with far groups of nodes taken as one, Barnes and Hut). The
/// same graph always looks the same.
///
/// Takes time in proportion to `steps` times lines and `n log n`.
///
/// @param lines between nodes below `nodes`; which end is first does not
/// matter.
/// @returns a point a node, none farther than 1000 from the middle.
std::vector<layout_point>
lay_out(size_t nodes, std::span<const layout_line> lines, size_t steps);

/// Returns how many steps a graph of that size is worth.
size_t layout_steps(size_t nodes);

} // namespace troupe::command
