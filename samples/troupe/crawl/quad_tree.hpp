// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "troupe/samples/troupe/crawl/graph_layout.hpp"

namespace troupe::command {

/// Points with weights, in squares that are halved until each holds one point,
/// so that many of them that are far away count as one.
class quad_tree {
public:
  /// Builds the tree. Points at the same place share a square.
  quad_tree(std::span<const layout_point> points,
            std::span<const double> weights);

  /// Returns the sum of `weight / distance` towards all points, as a vector
  /// away from them. What looks smaller than `apart` counts as one point.
  [[nodiscard]] layout_point push_at(const layout_point& where,
                                     double apart) const;

private:
  static constexpr uint32_t none = UINT32_MAX;
  /// Squares smaller than this many halvings hold several points.
  static constexpr int depth_max = 24;

  struct square {
    layout_point middle;
    double size = 0;
    /// Of all points in it.
    layout_point centre = {};
    double weight = 0;
    uint32_t first_child = none;
  };

  void insert(const layout_point& where, double weight);
  void split(uint32_t at);
  [[nodiscard]] uint32_t child_of(uint32_t at, const layout_point& where) const;

  std::vector<square> squares_;
};

} // namespace troupe::command
