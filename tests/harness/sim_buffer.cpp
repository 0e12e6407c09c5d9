// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_buffer.hpp"

#include <algorithm>
#include <utility>

namespace troupe::testing {

void sim_buffer::append(byte_view data) {
  append(bytes{data.begin(), data.end()});
}

void sim_buffer::append(bytes data) {
  if (data.empty())
    return;
  size_ += data.size();
  chunks_.push_back(std::move(data));
}

bytes sim_buffer::take(size_t count) {
  count = std::min(count, size_);
  // Most of the time somebody takes just what somebody else has put here.
  if (count > 0 && offset_ == 0 && chunks_.front().size() == count) {
    auto result = std::move(chunks_.front());
    chunks_.pop_front();
    size_ -= count;
    return result;
  }
  bytes result;
  result.reserve(count);
  while (result.size() < count) {
    auto& front = chunks_.front();
    auto part = byte_view{front}.subspan(offset_);
    part = part.first(std::min(part.size(), count - result.size()));
    result.insert(result.end(), part.begin(), part.end());
    offset_ += part.size();
    if (offset_ == front.size()) {
      chunks_.pop_front();
      offset_ = 0;
    }
  }
  size_ -= count;
  return result;
}

void sim_buffer::clear() {
  chunks_.clear();
  offset_ = 0;
  size_ = 0;
}

} // namespace troupe::testing
