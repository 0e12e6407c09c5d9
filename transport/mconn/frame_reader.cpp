// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_reader.hpp"

#include <algorithm>
#include <cstring>

namespace troupe {

errc frame_reader::next(byte_span& data, byte_view& chunk) {
  chunk = {};
  while (failed_ == errc::none && chunk.empty()) {
    auto frame = take_frame(data);
    if (frame.empty())
      return errc::none;
    failed_ = open(frame, chunk);
  }
  return failed_;
}

errc frame_reader::next_group(byte_span& data,
                              std::span<byte_view, frame_group> chunks,
                              size_t& count) {
  while (count < chunks.size()) {
    auto& chunk = chunks[count];
    if (auto code = next(data, chunk); code != errc::none)
      return code;
    if (chunk.empty())
      break;
    ++count;
    // The next frame may take the place of this one.
    if (partial_size_ == frame_sealed_size)
      break;
  }
  return errc::none;
}

/// Returns the next whole frame, in `data` or in our buffer, or nothing.
byte_span frame_reader::take_frame(byte_span& data) {
  if (partial_size_ == frame_sealed_size) {
    // The frame that waited here has been read by now.
    partial_size_ = 0;
  }
  if (partial_size_ == 0 && data.size() >= frame_sealed_size) {
    auto frame = data.first(frame_sealed_size);
    data = data.subspan(frame_sealed_size);
    return frame;
  }
  if (data.empty()) {
    if (partial_size_ == 0)
      partial_.reset();
    return {};
  }
  if (!partial_)
    partial_ = std::make_unique_for_overwrite<std::byte[]>(frame_sealed_size);
  auto size = std::min(data.size(), frame_sealed_size - partial_size_);
  std::memcpy(partial_.get() + partial_size_, data.data(), size);
  data = data.subspan(size);
  partial_size_ = static_cast<uint16_t>(partial_size_ + size);
  if (partial_size_ < frame_sealed_size)
    return {};
  return {partial_.get(), frame_sealed_size};
}

errc frame_reader::open(byte_span frame, byte_view& chunk) {
  ++frames_;
  if (auto code = cipher_.open(frame); code != errc::none)
    return code;
  size_t size = 0;
  for (size_t i = 0; i < frame_length_size; ++i)
    size |= std::to_integer<size_t>(frame[i]) << (8 * i);
  if (size > frame_chunk_max)
    return errc::oversized_frame;
  chunk = frame.subspan(frame_length_size, size);
  return errc::none;
}

errc frame_reader::fail(errc code) {
  failed_ = code;
  return code;
}

} // namespace troupe
