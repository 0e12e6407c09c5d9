// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_buffer.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void line_buffer::push(std::string line) {
  if (size_ + line.size() > size_max_) {
    ++dropped_;
    ++dropped_in_all_;
    return;
  }
  // Where lines are missing, their number comes first.
  tell_of_drops();
  size_ += line.size();
  lines_.push_back(std::move(line));
}

size_t line_buffer::read(std::span<char> out) {
  size_t count = 0;
  if (lines_.empty())
    tell_of_drops();
  while (count < out.size() && !lines_.empty()) {
    const auto& line = lines_.front();
    auto part = std::min(out.size() - count, line.size() - offset_);
    std::copy_n(line.data() + offset_, part, out.data() + count);
    count += part;
    offset_ += part;
    size_ -= part;
    if (offset_ < line.size())
      break;
    lines_.pop_front();
    offset_ = 0;
    if (lines_.empty())
      tell_of_drops();
  }
  return count;
}

void line_buffer::tell_of_drops() {
  if (dropped_ == 0)
    return;
  auto line = tell_(std::exchange(dropped_, 0));
  size_ += line.size();
  lines_.push_back(std::move(line));
}

} // namespace troupe
