// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/stream_writer.hpp"

#include <algorithm>

namespace troupe {

void stream_writer::add(raw_bytes data, time_point now) {
  if (ended_ || data.empty())
    return;
  if (buffers_.empty())
    progress_ = now;
  buffers_.push_back(std::move(data));
}

byte_view stream_writer::next() const {
  if (buffers_.empty())
    return {};
  return byte_view{*buffers_.begin()}.subspan(offset_);
}

void stream_writer::taken(size_t count, time_point now) {
  if (count == 0 || buffers_.empty())
    return;
  progress_ = now;
  const auto size = buffers_.front().size();
  offset_ = std::min(offset_ + count, size);
  if (offset_ < size)
    return;
  finished_ += size;
  offset_ = 0;
  buffers_.take_front();
}

bool stream_writer::stalled(time_point now) const {
  const auto when = next_wakeup();
  return when && *when <= now;
}

std::optional<time_point> stream_writer::next_wakeup() const {
  if (buffers_.empty())
    return std::nullopt;
  return progress_ + stall_max_;
}

void stream_writer::end() {
  buffers_.clear();
  offset_ = 0;
  finished_ = 0;
  ended_ = true;
}

} // namespace troupe
