// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_stream.hpp"

#include <algorithm>

namespace troupe {

size_t line_stream::read(std::span<char> out) {
  size_t count = 0;
  while (count < out.size() && (offset_ < line_.size() || next())) {
    const auto part = std::min(out.size() - count, line_.size() - offset_);
    std::copy_n(line_.data() + offset_, part, out.data() + count);
    count += part;
    offset_ += part;
  }
  return count;
}

bool line_stream::next() {
  auto line = waiting_.pop();
  if (!line)
    if (auto lost = waiting_.end_gap())
      line = tell_(*lost);
  offset_ = 0;
  line_ = line ? std::move(*line) : std::string{};
  return line.has_value();
}

} // namespace troupe
