// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What an operator of a node wants to hear of, besides the peer updates.
struct node_event {
  enum class kind : uint8_t {
    /// The node accepts connections at `where`.
    listening,
    /// Dialing `address` failed.
    dial_failed,
    /// A connection from `where` did not pass the handshake or was not wanted.
    refused,
    /// A reactor reported `peer`, which loses its connection.
    peer_error,
    /// A channel is gone, as its reactor ended or it did itself; peers that had
    /// counted on it lose their connections, and may come back without it.
    channel_closed,
    /// A channel was not opened.
    channel_refused,
    /// The node still waits for channels before it does anything.
    waiting_for_channels,
    /// `peer` is not dialed before `wait` has passed, which is more than a
    /// second.
    peer_waiting,
    /// A queue had no room for messages, or a reactor takes none: so many of a
    /// channel were shed since the last such event.
    messages_shed,
    /// The gateway to the internet passes on to us what comes to `where`.
    port_mapped,
  };

  kind what = kind::listening;
  endpoint where = {};
  node_address address = {};
  node_id peer = {};
  errc code = errc::none;

  /// Only in what is about a channel.
  channel_id channel = 0;

  /// For humans.
  std::string reason = {};

  /// How many events the observer has lost right before this one, because it
  /// did not keep up.
  uint64_t lost = 0;

  /// How long, in *peer_waiting*.
  duration wait = {};

  /// Which way the messages were going, and how many they were, in
  /// *messages_shed*.
  direction way = direction::inbound;
  uint64_t count = 0;
};

/// Returns the name as it stands in the source.
inline std::string to_string(node_event::kind x) {
  constexpr const char* names[] = {"listening",
                                   "dial_failed",
                                   "refused",
                                   "peer_error",
                                   "channel_closed",
                                   "channel_refused",
                                   "waiting_for_channels",
                                   "peer_waiting",
                                   "messages_shed",
                                   "port_mapped"};
  auto index = static_cast<size_t>(x);
  return index < std::size(names) ? names[index] : "unknown";
}

template <class Inspector>
bool inspect(Inspector& f, node_event::kind& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<node_event::kind>(value);
    return value <= static_cast<uint8_t>(node_event::kind::port_mapped);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, node_event& x) {
  return f.object(x).fields(f.field("what", x.what), f.field("where", x.where),
                            f.field("address", x.address),
                            f.field("peer", x.peer), f.field("code", x.code),
                            f.field("channel", x.channel),
                            f.field("reason", x.reason),
                            f.field("lost", x.lost), f.field("wait", x.wait),
                            f.field("way", x.way), f.field("count", x.count));
}

} // namespace troupe
