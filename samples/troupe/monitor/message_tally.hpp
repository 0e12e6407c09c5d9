// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/monitor/spoken_message.hpp"

namespace troupe::command {

/// How much of something there was.
struct message_counts {
  uint64_t messages = 0;
  uint64_t items = 0;
  uint64_t bytes = 0;

  friend bool operator==(const message_counts&, const message_counts&)
      = default;

  message_counts& operator+=(const message_counts& other) {
    messages += other.messages;
    items += other.items;
    bytes += other.bytes;
    return *this;
  }
};

/// A line of what was said: one kind of message, of all peers or of one.
struct tally_line {
  channel_id channel = 0;
  std::string_view kind;

  /// Absent: of all peers together.
  std::optional<node_id> peer = {};

  /// Since the lines before.
  message_counts fresh = {};

  /// Since the beginning.
  message_counts total = {};

  /// How many peers said it since the lines before.
  size_t peers = 0;

  /// The highest place in the chain that was named since the lines before.
  std::optional<int64_t> height = {};
  std::optional<int32_t> round = {};
};

/// What was said since the lines before.
struct tally_lines {
  duration elapsed = {};
  std::vector<tally_line> lines;
};

/// Counts what peers say, by channel, kind and peer. Of those who are not
/// connected, nothing is kept behind the next lines; the totals stay.
class message_tally {
public:
  explicit message_tally(time_point begin) : since_(begin) {}

  /// A peer is connected from here on.
  void came(const node_id& peer) {
    present_.insert(peer);
  }

  /// It is not any more. What it said before may still be added.
  void gone(const node_id& peer) {
    present_.erase(peer);
  }

  /// @param size of the message in bytes.
  void add(const node_id& from, channel_id channel, const spoken_message& what,
           size_t size);

  /// Returns a line for each kind that was said since the last call, by channel
  /// and in the order in which kinds were first heard, each followed by a line
  /// a peer if that is wanted; and begins anew.
  tally_lines take(time_point now, bool by_peer);

private:
  struct key {
    channel_id channel;
    std::string_view kind;

    friend auto operator<=>(const key&, const key&) = default;
  };

  struct peer_counts {
    message_counts fresh;
    message_counts total;
  };

  struct row {
    /// The higher, the later it was first heard.
    size_t order;
    message_counts total;
    std::map<node_id, peer_counts> peers;
    std::optional<int64_t> height;
    std::optional<int32_t> round;
  };

  time_point since_;
  std::set<node_id> present_;
  /// As many as there are kinds, of which this program knows all.
  std::map<key, row> rows_;
};

} // namespace troupe::command
