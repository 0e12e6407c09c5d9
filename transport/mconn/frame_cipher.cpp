// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_cipher.hpp"

#include <cassert>
#include <limits>

namespace troupe {

frame_cipher::frame_cipher(std::span<const std::byte, 32> key, uint64_t counter,
                           const frame_engine_kind& by)
  : engine_(by.make(key)),
    counter_(counter) {}

errc frame_cipher::seal(byte_span frame) {
  assert(frame.size() == frame_sealed_size);
  if (counter_ == std::numeric_limits<uint64_t>::max())
    return errc::nonce_exhausted;
  engine_->seal(counter_, frame);
  ++counter_;
  return errc::none;
}

errc frame_cipher::open(byte_span frame) {
  assert(frame.size() == frame_sealed_size);
  if (counter_ == std::numeric_limits<uint64_t>::max())
    return errc::nonce_exhausted;
  if (!engine_->open(counter_, frame))
    return errc::undecryptable_frame;
  ++counter_;
  return errc::none;
}

std::string_view frame_cipher::library() {
  return best_frame_engine().library;
}

} // namespace troupe
