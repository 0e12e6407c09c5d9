// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>

#include "troupe/messages/bytes.hpp"

namespace troupe::testing {

/// Bytes in, the same bytes out, in other pieces.
class sim_buffer {
public:
  void append(byte_view data);

  void append(bytes data);

  /// Removes the first `count` bytes, or all if there are less.
  bytes take(size_t count);

  void clear();

  [[nodiscard]] size_t size() const {
    return size_;
  }

  [[nodiscard]] bool empty() const {
    return size_ == 0;
  }

private:
  std::deque<bytes> chunks_;
  size_t offset_ = 0; // Bytes of the first chunk that are gone.
  size_t size_ = 0;
};

} // namespace troupe::testing
