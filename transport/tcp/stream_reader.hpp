// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "troupe/transport/tcp/socket_io.hpp"

namespace troupe {

/// What may be read from a socket, and how much at once: whoever owns the
/// socket reads `next_size` bytes while it `may_read`, and looks from time to
/// time whether the remote has hung up while it may not.
///
/// Credit is memory, so that whoever says little at a time is read many times
/// before somebody has to be woken for more of it.
class stream_reader {
public:
  /// The first read of an idle connection takes this much.
  static constexpr size_t size_min = 2 * 1024;

  /// @param size_max most bytes that one read takes.
  explicit stream_reader(size_t size_max) : size_max_(size_max) {}

  /// Allows reads of that many more bytes together, taken or not.
  void grant(size_t bytes) {
    if (!ended_)
      credit_ += bytes;
  }

  [[nodiscard]] bool may_read() const noexcept {
    return credit_ >= size_min;
  }

  /// @pre `may_read()`
  [[nodiscard]] size_t next_size() const noexcept {
    return std::min(size_, credit_);
  }

  /// Notes a read of `next_size` that yielded `count` bytes, at least one.
  /// Reads follow the traffic: full ones make the next one larger, nearly empty
  /// ones smaller.
  void taken(size_t count) {
    credit_ -= next_size();
    half_closed_ = false;
    if (count == size_)
      size_ = std::min(size_ * 4, size_max_);
    else if (count * 8 < size_)
      size_ = std::max(size_ / 4, size_min);
  }

  /// Says whether a remote that may not be read is gone for good. After a mere
  /// goodbye there may be something left to read, which gets until the next
  /// time.
  [[nodiscard]] bool gone(hangup found) {
    const auto result
        = found == hangup::full || (found == hangup::half && half_closed_);
    half_closed_ = found == hangup::half;
    return result;
  }

  /// Allows nothing any more.
  void end() noexcept {
    credit_ = 0;
    ended_ = true;
  }

private:
  size_t size_max_;
  size_t size_ = size_min;
  size_t credit_ = 0;
  bool half_closed_ = false; // When last looked, and nothing read since.
  bool ended_ = false;
};

} // namespace troupe
