// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_progress.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace troupe::command {

crawl_progress progress_of(const crawl_frontier& frontier) {
  crawl_progress result{.known = frontier.map().nodes().size(),
                        .busy = frontier.busy()};
  for (const auto& node : frontier.map().nodes()) {
    if (node.state != crawl_state::waiting)
      ++result.settled;
    if (node.state == crawl_state::answered)
      ++result.answered;
  }
  return result;
}

std::string progress_line(const crawl_progress& so_far, duration elapsed,
                          size_t columns) {
  constexpr size_t least = 10;
  constexpr size_t most = 40;
  const auto seconds
      = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  const auto text = fmt::format(
      " {} of {} nodes, {} answered, {} busy, {}:{:02}", so_far.settled,
      so_far.known, so_far.answered, so_far.busy, seconds / 60, seconds % 60);
  const auto room = columns > text.size() + 3 ? columns - text.size() - 3 : 0;
  if (room < least)
    return text.substr(1, columns);
  const auto width = std::min(room, most);
  const auto full = so_far.settled * width / std::max<size_t>(so_far.known, 1);
  return fmt::format("[{:=<{}}{:<{}}]{}", "", full, "", width - full, text);
}

} // namespace troupe::command
