// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>

namespace troupe {

/// Bounds what is on its way to somebody, in bytes and in messages. Whatever
/// comes alone has room. Safe to use from any thread.
class intake {
public:
  intake(size_t bytes_max, size_t messages_max)
    : bytes_max_(bytes_max),
      messages_max_(messages_max) {}

  /// @returns `false` if there is no room for it.
  [[nodiscard]] bool enter(size_t cost) {
    auto guard = std::lock_guard{mutex_};
    if (messages_ > 0
        && (messages_ >= messages_max_ || cost > bytes_max_
            || bytes_ > bytes_max_ - cost))
      return false;
    ++messages_;
    bytes_ += cost;
    return true;
  }

  /// Whether all that entered has arrived.
  [[nodiscard]] bool empty() {
    auto guard = std::lock_guard{mutex_};
    return messages_ == 0;
  }

  /// What entered with that cost has arrived.
  void leave(size_t cost) {
    auto guard = std::lock_guard{mutex_};
    --messages_;
    bytes_ -= cost;
  }

private:
  const size_t bytes_max_;
  const size_t messages_max_;
  std::mutex mutex_;
  size_t bytes_ = 0;
  size_t messages_ = 0;
};

} // namespace troupe
