// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_summary.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace troupe::command {

namespace {

double milliseconds(duration time) {
  return std::chrono::duration<double, std::milli>{time}.count();
}

} // namespace

std::optional<spread> spread_of(std::vector<double> values) {
  if (values.empty())
    return std::nullopt;
  std::sort(values.begin(), values.end());
  auto at = [&values](double share) {
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    return values[std::max<size_t>(static_cast<size_t>(rank), 1) - 1];
  };
  return spread{values.front(), at(0.5), at(0.9), values.back()};
}

std::vector<uint32_t> degrees_of(const crawl_map& map) {
  using line = std::pair<uint32_t, uint32_t>;
  std::vector<line> lines;
  lines.reserve(map.line_count());
  for (uint32_t from = 0; from < map.nodes().size(); ++from)
    for (auto to : map.nodes()[from].told)
      lines.emplace_back(std::min(from, to), std::max(from, to));
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::vector<uint32_t> result(map.nodes().size());
  for (const auto& [one, other] : lines) {
    ++result[one];
    ++result[other];
  }
  return result;
}

crawl_summary summarise(const crawl_map& map) {
  crawl_summary result;
  std::map<std::string, size_t> versions;
  std::vector<double> connect;
  std::vector<double> answer;
  for (const auto& node : map.nodes()) {
    ++result.by_state[static_cast<size_t>(node.state)];
    if (node.info)
      ++versions[node.info->version];
    if (node.connect_time)
      connect.push_back(milliseconds(*node.connect_time));
    if (node.answer_time)
      answer.push_back(milliseconds(*node.answer_time));
  }
  result.by_version.assign(versions.begin(), versions.end());
  std::stable_sort(
      result.by_version.begin(), result.by_version.end(),
      [](const auto& x, const auto& y) { return x.second > y.second; });
  const auto degrees = degrees_of(map);
  result.degree = spread_of({degrees.begin(), degrees.end()});
  result.connect_ms = spread_of(std::move(connect));
  result.answer_ms = spread_of(std::move(answer));
  return result;
}

} // namespace troupe::command
