// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/caf_lines.hpp"

#include <utility>

#include <fmt/format.h>

#include <caf/detail/log_level.hpp>

namespace troupe {

bool caf_lines::push(caf_line line) {
  const std::lock_guard guard{mutex_};
  if (waiting_.size() >= lines_max_) {
    ++lost_;
    return false;
  }
  waiting_.push_back(std::move(line));
  return waiting_.size() == 1;
}

std::deque<caf_line> caf_lines::take() {
  std::deque<caf_line> result;
  uint64_t lost = 0;
  {
    const std::lock_guard guard{mutex_};
    result = std::exchange(waiting_, {});
    lost = std::exchange(lost_, 0);
  }
  if (lost > 0)
    result.push_back({.level = CAF_LOG_LEVEL_WARNING,
                      .text = fmt::format("event=log_lost lines={}", lost)});
  return result;
}

} // namespace troupe
