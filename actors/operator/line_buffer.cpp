// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_buffer.hpp"

#include <utility>

namespace troupe {

bool line_buffer::push(std::string line) {
  const auto cost = line.size() + overhead;
  if (lost_ > 0 || cost > cost_max_ - cost_) {
    ++lost_;
    return false;
  }
  cost_ += cost;
  lines_.push_back(std::move(line));
  return true;
}

std::optional<std::string> line_buffer::pop() {
  if (lines_.empty())
    return std::nullopt;
  auto line = std::move(lines_.front());
  lines_.pop_front();
  cost_ -= line.size() + overhead;
  return line;
}

std::optional<uint64_t> line_buffer::end_gap() {
  if (!lines_.empty() || lost_ == 0)
    return std::nullopt;
  return std::exchange(lost_, 0);
}

uint64_t line_buffer::clear() {
  cost_ = 0;
  const auto waiting = lines_.size();
  lines_.clear();
  return waiting + std::exchange(lost_, 0);
}

} // namespace troupe
