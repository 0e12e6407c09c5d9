// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/shared_bytes.hpp"

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

/// Adds to what is known of a channel. There is one entry for each.
inline void add_cost(std::vector<channel_credit>& to, channel_id channel,
                     size_t cost) {
  if (cost == 0)
    return;
  auto i = std::find_if(to.begin(), to.end(), [channel](const auto& x) {
    return x.channel == channel;
  });
  if (i != to.end())
    i->cost += cost;
  else
    to.push_back({channel, cost});
}

/// Returns the cost of the messages of all channels.
inline size_t total_cost(const std::vector<channel_credit>& of) noexcept {
  size_t result = 0;
  for (const auto& entry : of)
    result += entry.cost;
  return result;
}

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

/// What has a read window of its own.
enum class window_scope : uint8_t {
  /// A connection: what a reader keeps of one channel is not there for the
  /// others.
  connection,
  /// Each channel: a reader may keep what came on one for as long as it likes.
  channel,
};

/// What a handshake proved: the ID belongs to the key that the remote holds.
struct handshake_result {
  node_id id;
  node_info info;
  connection_ends ends;
  window_scope windows = window_scope::connection;
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
bool inspect(Inspector& f, window_scope& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<window_scope>(value);
    return value <= static_cast<uint8_t>(window_scope::channel);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, handshake_result& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("info", x.info),
                            f.field("ends", x.ends),
                            f.field("windows", x.windows));
}

} // namespace troupe
