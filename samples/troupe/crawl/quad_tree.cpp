// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/quad_tree.hpp"

#include <algorithm>
#include <array>

namespace troupe::command {

quad_tree::quad_tree(std::span<const layout_point> points,
                     std::span<const double> weights) {
  double reach = 1e-9;
  for (const auto& [x, y] : points)
    reach = std::max({reach, x, -x, y, -y});
  squares_.reserve(2 * points.size() + 1);
  squares_.push_back({.middle = {}, .size = 2 * reach});
  for (size_t i = 0; i < points.size(); ++i)
    insert(points[i], weights[i]);
}

void quad_tree::insert(const layout_point& where, double weight) {
  uint32_t at = 0;
  for (int depth = 0;; ++depth) {
    auto& here = squares_[at];
    const auto before = here.weight;
    const auto lonely = here.centre;
    here.weight += weight;
    here.centre.x += (where.x - here.centre.x) * weight / here.weight;
    here.centre.y += (where.y - here.centre.y) * weight / here.weight;
    if (before == 0 || depth == depth_max)
      return;
    if (here.first_child == none) {
      split(at);
      // Whoever was here alone goes one down as well.
      auto& below = squares_[child_of(at, lonely)];
      below.weight = before;
      below.centre = lonely;
    }
    at = child_of(at, where);
  }
}

void quad_tree::split(uint32_t at) {
  const auto first = static_cast<uint32_t>(squares_.size());
  squares_[at].first_child = first;
  const auto [middle, size] = std::pair{squares_[at].middle, squares_[at].size};
  for (int i = 0; i < 4; ++i)
    squares_.push_back({.middle = {middle.x + (i % 2 == 0 ? -size : size) / 4,
                                   middle.y + (i / 2 == 0 ? -size : size) / 4},
                        .size = size / 2});
}

uint32_t quad_tree::child_of(uint32_t at, const layout_point& where) const {
  const auto& here = squares_[at];
  return here.first_child + (where.x >= here.middle.x ? 1U : 0U)
         + (where.y >= here.middle.y ? 2U : 0U);
}

layout_point quad_tree::push_at(const layout_point& where, double apart) const {
  layout_point result;
  // Each level adds three squares at most.
  std::array<uint32_t, 4 + 3 * (depth_max + 1)> open{};
  size_t count = 0;
  open[count++] = 0;
  while (count > 0) {
    const auto& here = squares_[open[--count]];
    if (here.weight == 0)
      continue;
    const auto x = where.x - here.centre.x;
    const auto y = where.y - here.centre.y;
    const auto square = x * x + y * y;
    if (here.first_child == none
        || here.size * here.size < apart * apart * square) {
      // A point does not push itself.
      if (square > 1e-12) {
        result.x += here.weight * x / square;
        result.y += here.weight * y / square;
      }
      continue;
    }
    for (uint32_t i = 0; i < 4; ++i)
      open[count++] = here.first_child + i;
  }
  return result;
}

} // namespace troupe::command
