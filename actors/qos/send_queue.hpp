// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe {

/// Outbound messages of one peer: a bounded FIFO queue for each channel, and
/// the account of what the connection still holds of each.
///
/// A connection holds messages of a channel up to a cost of `window`, or one
/// message if that is larger: enough to be scheduled among the others, and
/// little that can no longer be shed.
class send_queue {
public:
  send_queue(std::span<const channel_descriptor> channels, size_t window);

  /// Queues a message. @returns `peer_lacks_channel`, `queue_full`, or `none`.
  [[nodiscard]] errc push(outbound_message message);

  /// Returns the messages that the connection may have now, in order within
  /// each channel, and accounts for them.
  [[nodiscard]] outbound_batch take();

  /// Notes that the connection put messages of a channel on the wire.
  void sent(const channel_credit& done);

  /// Messages that wait, over all channels.
  [[nodiscard]] size_t size() const;

private:
  struct channel_queue {
    size_t messages_max;
    size_t bytes_max;
    std::deque<shared_bytes> messages = {};
    /// Cost of `messages`.
    size_t queued = 0;
    /// Cost of what the connection holds.
    size_t held = 0;
  };

  [[nodiscard]] bool may_take(const channel_queue& queue) const;

  std::map<channel_id, channel_queue> channels_;
  size_t window_;
};

} // namespace troupe
