// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/graph_layout.hpp"

#include <algorithm>
#include <cmath>

#include "troupe/samples/troupe/crawl/quad_tree.hpp"

namespace troupe::command {

namespace {

/// How hard nodes push each other away.
constexpr double push = 10;

/// How hard all are pulled to the middle, so that parts without a line between
/// them stay together.
constexpr double gravity = 0.5;

/// A square that looks smaller than this counts as one point.
constexpr double apart = 1.2;

/// How much shaking of a node is tolerated (`tau` in the paper).
constexpr double tolerance = 1;

constexpr double radius = 1000;

double length(const layout_point& x) {
  return std::hypot(x.x, x.y);
}

/// Begins with a spiral in which neighbours are those that became known one
/// after the other.
std::vector<layout_point> spiral(size_t nodes) {
  const auto turn = 2.399963229728653; // The golden angle.
  std::vector<layout_point> result(nodes);
  for (size_t i = 0; i < nodes; ++i) {
    const auto number = static_cast<double>(i);
    const auto distance = 10 * std::sqrt(number + 0.5);
    result[i] = {distance * std::cos(number * turn),
                 distance * std::sin(number * turn)};
  }
  return result;
}

/// One layout on its way.
class force_layout {
public:
  force_layout(size_t nodes, std::span<const layout_line> lines)
    : lines_(lines),
      points_(spiral(nodes)),
      weights_(nodes, 1),
      forces_(nodes),
      before_(nodes) {
    for (const auto& [one, other] : lines) {
      ++weights_[one];
      ++weights_[other];
    }
  }

  void step() {
    before_.swap(forces_);
    add_pushes();
    add_pulls();
    move();
  }

  /// @returns the points, scaled around the middle.
  std::vector<layout_point> take() && {
    layout_point middle;
    for (const auto& [x, y] : points_)
      middle = {middle.x + x, middle.y + y};
    const auto count = static_cast<double>(std::max<size_t>(points_.size(), 1));
    middle = {middle.x / count, middle.y / count};
    double farthest = 1e-9;
    for (auto& point : points_) {
      point = {point.x - middle.x, point.y - middle.y};
      farthest = std::max(farthest, length(point));
    }
    for (auto& point : points_)
      point = {point.x * radius / farthest, point.y * radius / farthest};
    return std::move(points_);
  }

private:
  void add_pushes() {
    const quad_tree tree{points_, weights_};
    for (size_t i = 0; i < points_.size(); ++i) {
      const auto away = tree.push_at(points_[i], apart);
      const auto& [x, y] = points_[i];
      const auto distance = std::max(length(points_[i]), 1e-9);
      const auto pushed = push * weights_[i];
      const auto pulled = gravity * weights_[i] / distance;
      forces_[i] = {pushed * away.x - pulled * x, pushed * away.y - pulled * y};
    }
  }

  void add_pulls() {
    for (const auto& [one, other] : lines_) {
      const auto x = points_[other].x - points_[one].x;
      const auto y = points_[other].y - points_[one].y;
      forces_[one] = {forces_[one].x + x, forces_[one].y + y};
      forces_[other] = {forces_[other].x - x, forces_[other].y - y};
    }
  }

  /// Nodes that swing back and forth move slowly, and all of them do when many
  /// swing.
  void move() {
    double swinging = 0;
    double travelling = 1e-9;
    for (size_t i = 0; i < points_.size(); ++i) {
      swinging += weights_[i] * swing(i);
      travelling += weights_[i]
                    * length({forces_[i].x + before_[i].x,
                              forces_[i].y + before_[i].y})
                    / 2;
    }
    const auto wanted = tolerance * travelling / std::max(swinging, 1e-9);
    speed_ = std::min(wanted, speed_ * 1.5);
    for (size_t i = 0; i < points_.size(); ++i) {
      const auto factor
          = 0.1 * speed_ / (1 + speed_ * std::sqrt(weights_[i] * swing(i)));
      const auto most = 10 / std::max(length(forces_[i]), 1e-9);
      const auto step = std::min(factor, most);
      points_[i] = {points_[i].x + forces_[i].x * step,
                    points_[i].y + forces_[i].y * step};
    }
  }

  [[nodiscard]] double swing(size_t i) const {
    return length({forces_[i].x - before_[i].x, forces_[i].y - before_[i].y});
  }

  std::span<const layout_line> lines_;
  std::vector<layout_point> points_;
  std::vector<double> weights_;
  std::vector<layout_point> forces_;
  std::vector<layout_point> before_;
  double speed_ = 1;
};

} // namespace

std::vector<layout_point>
lay_out(size_t nodes, std::span<const layout_line> lines, size_t steps) {
  force_layout layout{nodes, lines};
  for (size_t i = 0; i < steps; ++i)
    layout.step();
  return std::move(layout).take();
}

size_t layout_steps(size_t nodes) {
  return std::clamp<size_t>(600'000 / std::max<size_t>(nodes, 1), 60, 1000);
}

} // namespace troupe::command
