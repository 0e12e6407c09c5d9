// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include <google/protobuf/arena.h>

namespace troupe {

/// Memory that small messages of one sender share which are decoded in a row:
/// one allocation in place of three for each. It goes with the last of them, so
/// that only few share it. For one thread at a time.
class message_arena {
public:
  /// Most memory of a message that may be put here, as `wrapper::weigh` counts.
  static constexpr size_t message_max = 300;

  /// Most messages. As much as has room, if they hold little but a string.
  static constexpr size_t messages_max = 8;

  /// Bytes that they share before the arena takes more.
  static constexpr size_t block_size = 768;

  message_arena() : arena_(block_.data(), block_.size()) {}

  [[nodiscard]] bool full() const noexcept {
    return messages_ == messages_max;
  }

  /// Where the next message goes, which has to be a small one.
  /// @pre `!full()`
  [[nodiscard]] google::protobuf::Arena& next() noexcept {
    ++messages_;
    return arena_;
  }

private:
  alignas(std::max_align_t) std::array<char, block_size> block_;
  google::protobuf::Arena arena_;
  size_t messages_ = 0;
};

} // namespace troupe
