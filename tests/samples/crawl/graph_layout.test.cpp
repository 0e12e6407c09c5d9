// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/graph_layout.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "troupe/samples/troupe/crawl/quad_tree.hpp"

using namespace troupe::command;

namespace {

std::vector<layout_line> ring(uint32_t nodes) {
  std::vector<layout_line> result;
  for (uint32_t i = 0; i < nodes; ++i)
    result.emplace_back(i, (i + 1) % nodes);
  return result;
}

double distance(const layout_point& a, const layout_point& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

/// Numbers between -1 and 1 that look like chance.
double noise(size_t i) {
  return std::sin(static_cast<double>(i) * 12.9898) * 0.9
         + std::sin(static_cast<double>(i) * 78.233) * 0.1;
}

} // namespace

TEST_CASE("a ring is drawn as a ring") {
  const auto lines = ring(30);
  const auto points = lay_out(30, lines, layout_steps(30));
  REQUIRE(points.size() == 30);
  for (size_t i = 0; i < 30; ++i) {
    CHECK(distance(points[i], {}) > 500);
    CHECK(distance(points[i], points[(i + 1) % 30])
          < distance(points[i], points[(i + 15) % 30]) / 3);
  }
}

TEST_CASE("groups with few lines between them are drawn apart") {
  std::vector<layout_line> lines;
  for (uint32_t i = 0; i < 20; ++i)
    for (uint32_t k = i + 1; k < 20; ++k)
      if (i / 10 == k / 10)
        lines.emplace_back(i, k);
  lines.emplace_back(0, 10);
  const auto points = lay_out(20, lines, layout_steps(20));
  double within = 0;
  double between = 1e9;
  for (size_t i = 0; i < 20; ++i)
    for (size_t k = i + 1; k < 20; ++k)
      if (i / 10 == k / 10)
        within = std::max(within, distance(points[i], points[k]));
      else
        between = std::min(between, distance(points[i], points[k]));
  CHECK(between > within / 3);
  const auto middle = [&points](size_t from) {
    layout_point result;
    for (size_t i = from; i < from + 10; ++i)
      result = {result.x + points[i].x / 10, result.y + points[i].y / 10};
    return result;
  };
  CHECK(distance(middle(0), middle(10)) > within);
}

TEST_CASE("the same graph always looks the same, and stays within bounds") {
  const auto lines = ring(200);
  const auto points = lay_out(300, lines, 80);
  CHECK(points == lay_out(300, lines, 80));
  for (const auto& point : points) {
    CHECK(std::isfinite(point.x));
    CHECK(std::isfinite(point.y));
    CHECK(distance(point, {}) < 1000.001);
  }
}

TEST_CASE("odd graphs have a layout, too") {
  CHECK(lay_out(0, {}, 10).empty());
  CHECK(lay_out(1, {}, 10) == std::vector<layout_point>{{0, 0}});
  const std::vector<layout_line> loops{{0, 0}, {0, 1}, {0, 1}, {1, 0}};
  for (const auto& point : lay_out(2, loops, 100))
    CHECK(std::isfinite(point.x));
}

TEST_CASE("a tree of squares pushes about as all points by themselves do") {
  std::vector<layout_point> points;
  std::vector<double> weights;
  for (size_t i = 0; i < 500; ++i) {
    points.push_back({100 * noise(i), 100 * noise(7 * i + 3)});
    weights.push_back(1 + static_cast<double>(i % 5));
  }
  // Some share a place.
  points.insert(points.end(), 20, layout_point{5, 5});
  weights.insert(weights.end(), 20, 2);
  const quad_tree tree{points, weights};
  for (size_t i = 0; i < points.size(); i += 25) {
    layout_point exact;
    for (size_t k = 0; k < points.size(); ++k) {
      const auto x = points[i].x - points[k].x;
      const auto y = points[i].y - points[k].y;
      const auto square = x * x + y * y;
      if (square > 1e-12)
        exact = {exact.x + weights[k] * x / square,
                 exact.y + weights[k] * y / square};
    }
    const auto precise = tree.push_at(points[i], 0);
    CHECK(precise.x == doctest::Approx(exact.x).epsilon(1e-6));
    CHECK(precise.y == doctest::Approx(exact.y).epsilon(1e-6));
    const auto rough = tree.push_at(points[i], 1.2);
    CHECK(distance(rough, exact) < 0.2 * distance(exact, {}) + 0.5);
  }
}
