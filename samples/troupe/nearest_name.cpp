// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/nearest_name.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace troupe::command {

namespace {

/// No name of ours is longer, and the effort grows with the square.
constexpr size_t size_max = 64;

/// How many changes lead from one to the other (optimal string alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j)
    cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

} // namespace

std::string_view nearest_name(std::string_view text,
                              const std::vector<std::string_view>& names) {
  if (text.empty() || text.size() > size_max)
    return {};
  std::string_view best;
  auto least = std::max<size_t>(1, text.size() / 3) + 1;
  for (auto name : names)
    if (const auto cost = distance(text, name); cost < least) {
      best = name;
      least = cost;
    }
  return best;
}

std::string did_you_mean(std::string_view text,
                         const std::vector<std::string_view>& names,
                         std::string_view prefix) {
  const auto name = nearest_name(text, names);
  return name.empty() ? std::string{}
                      : fmt::format("; did you mean {}{}?", prefix, name);
}

} // namespace troupe::command
