// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_writer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace troupe {

void frame_writer::begin(byte_span out) {
  out_ = out;
  frame_ = 0;
  waiting_ = 0;
  filled_ = 0;
}

size_t frame_writer::room() const noexcept {
  return payload_size(out_.size() - frame_) - filled_;
}

void frame_writer::append(byte_view payload) {
  assert(payload.size() <= room());
  while (!payload.empty()) {
    auto size = std::min(payload.size(), frame_chunk_max - filled_);
    std::memcpy(out_.data() + frame_ + frame_length_size + filled_,
                payload.data(), size);
    filled_ += size;
    payload = payload.subspan(size);
    if (filled_ == frame_chunk_max)
      end_frame();
  }
}

errc frame_writer::finish(size_t& sealed_bytes) {
  if (filled_ > 0)
    end_frame();
  seal_waiting();
  sealed_bytes = failed_ == errc::none ? frame_ : 0;
  begin({});
  return failed_;
}

void frame_writer::end_frame() {
  auto frame = out_.subspan(frame_, frame_sealed_size);
  for (size_t i = 0; i < frame_length_size; ++i)
    frame[i] = static_cast<std::byte>(filled_ >> (8 * i));
  // The buffer's old content is nobody else's business.
  std::memset(frame.data() + frame_length_size + filled_, 0,
              frame_chunk_max - filled_);
  frame_ += frame_sealed_size;
  filled_ = 0;
  if (frame_ - waiting_ == frame_group * frame_sealed_size)
    seal_waiting();
}

void frame_writer::seal_waiting() {
  for (; waiting_ < frame_; waiting_ += frame_sealed_size)
    if (failed_ == errc::none)
      failed_ = cipher_.seal(out_.subspan(waiting_, frame_sealed_size));
}

} // namespace troupe
