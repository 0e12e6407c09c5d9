// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "troupe/messages/compact_queue.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

/// What the reader of a connection may be handed, and what waits for that: one
/// read may bring thousands of tiny messages, which a reader would be busy with
/// for too long.
class inbound_window {
public:
  /// Takes what has arrived.
  /// @param size cost of what the reader may have.
  /// @returns what the reader gets now, the oldest first. The last one may be
  ///          more than fits.
  [[nodiscard]] inbound_batch take(inbound_batch fresh,
                                   size_t size = connection_read_window);

  /// Whether more is to be read: nothing waits, and the reader has room.
  [[nodiscard]] bool open() const noexcept {
    return waiting_.empty() && used_ < connection_read_window;
  }

  /// The reader has room for more.
  /// @param memory cost of what it is done with.
  void give_back(size_t cost, size_t memory) noexcept;

  /// What the reader has takes that much more than its cost.
  void charge(size_t cost) noexcept;

  /// Cost of what waits, or is with the reader.
  [[nodiscard]] size_t held() const noexcept {
    return waiting_cost_ + unreturned_;
  }

private:
  /// @returns its cost.
  size_t use(const inbound_message& message) noexcept;

  /// Cost of what the reader was handed, and has no room for more of.
  size_t used_ = 0;
  /// Memory of what the reader is not done with.
  size_t unreturned_ = 0;
  compact_queue<inbound_message> waiting_;
  size_t waiting_cost_ = 0;
};

} // namespace troupe
