// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What went between us and a peer on a channel since it connected.
struct channel_traffic {
  channel_id channel = 0;

  /// Bytes of messages, without what packets add.
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;

  /// Messages for the peer that waited and were shed.
  uint64_t shed = 0;

  /// What waits for the connection to take it, in bytes of messages and what
  /// each costs besides.
  uint64_t queued_bytes = 0;

  friend bool operator==(const channel_traffic&, const channel_traffic&)
      = default;
};

/// What a connection of a peer is like.
struct peer_traffic {
  /// How long the peer took for its last answer to a ping, its queues and ours
  /// included. Absent until there is one, and where there are no pings.
  std::optional<duration> rtt = {};

  /// Ordered by channel.
  std::vector<channel_traffic> channels = {};

  /// Returns the entry of a channel, a new one if there is none.
  channel_traffic& on(channel_id id);

  /// Adds up what different parts of a connection know.
  void add(const peer_traffic& other);

  friend bool operator==(const peer_traffic&, const peer_traffic&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, channel_traffic& x) {
  return f.object(x).fields(
      f.field("channel", x.channel), f.field("sent_bytes", x.sent_bytes),
      f.field("received_bytes", x.received_bytes), f.field("shed", x.shed),
      f.field("queued_bytes", x.queued_bytes));
}

template <class Inspector>
bool inspect(Inspector& f, peer_traffic& x) {
  return f.object(x).fields(f.field("rtt", x.rtt),
                            f.field("channels", x.channels));
}

} // namespace troupe
