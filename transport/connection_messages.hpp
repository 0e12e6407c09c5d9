// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"

namespace troupe {

/// A message that arrived, reassembled but not decoded.
struct inbound_message {
  channel_id channel = 0;
  growing_bytes body;
};

/// What one read of the network yielded.
using inbound_batch = std::vector<inbound_message>;

/// A marshalled message on its way out.
struct outbound_message {
  channel_id channel = 0;
  shared_bytes body;
};

/// Messages that go out together.
using outbound_batch = std::vector<outbound_message>;

/// Returns what a message counts for wherever messages are limited in bytes:
/// its body and what we need to keep track of it. A peer that sends empty
/// messages would otherwise never reach a limit.
constexpr size_t message_cost(size_t body_size) noexcept {
  return body_size + 128;
}

/// The cost of messages of one channel.
struct channel_credit {
  channel_id channel = 0;
  size_t cost = 0;
};

/// How many messages there were of a channel.
struct channel_tally {
  channel_id channel = 0;
  uint32_t messages = 0;

  friend bool operator==(const channel_tally&, const channel_tally&) = default;
};

/// Where the two ends of a connection are.
struct connection_ends {
  endpoint local;
  endpoint remote;
};

/// What a handshake proved: the ID belongs to the key that the remote holds.
struct handshake_result {
  node_id id;
  node_info info;
  connection_ends ends;
};

template <class Inspector>
bool inspect(Inspector& f, channel_credit& x) {
  return f.object(x).fields(f.field("channel", x.channel),
                            f.field("cost", x.cost));
}

template <class Inspector>
bool inspect(Inspector& f, channel_tally& x) {
  return f.object(x).fields(f.field("channel", x.channel),
                            f.field("messages", x.messages));
}

template <class Inspector>
bool inspect(Inspector& f, connection_ends& x) {
  return f.object(x).fields(f.field("local", x.local),
                            f.field("remote", x.remote));
}

template <class Inspector>
bool inspect(Inspector& f, handshake_result& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("info", x.info),
                            f.field("ends", x.ends));
}

} // namespace troupe
