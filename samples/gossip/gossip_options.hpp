// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Most peers with whom a gossip exchanges messages; further ones are left
/// alone.
inline constexpr size_t gossip_peers_max = 256;

/// Most topics of a node, ours or a peer's, and the longest name of one.
inline constexpr size_t gossip_topics_max = 64;
inline constexpr size_t gossip_topic_size_max = 128;

/// Most trees of a topic.
inline constexpr size_t gossip_trees_max = 256;

/// How much of something a peer may send: so much per second in the long run,
/// and up to `burst` at once after a rest. What comes beyond is thrown away;
/// who sends more than twice as much is to blame.
struct gossip_rate {
  double per_second = 1;
  double burst = 1;
};

/// What each peer may send.
struct gossip_quota {
  /// Bytes of all messages.
  gossip_rate bytes = {4e6, 16e6};

  /// Messages of whatever kind.
  gossip_rate messages = {2'000, 8'000};

  /// IDs in announcements and grafts.
  gossip_rate ids = {5'000, 20'000};

  /// Changes of what it subscribes to: each makes us announce what we have.
  gossip_rate changes = {0.5, 20};

  /// Messages that it announced, was asked for, and did not send in time. A
  /// few are no lie: a connection ended, or memory was short.
  gossip_rate broken_promises = {0.5, 32};
};

/// Options of a gossip. All nodes of a network agree on the channel; all else
/// is everybody's own business.
struct gossip_options {
  channel_id channel = 0x72;

  /// Weight against the other channels of a connection.
  int priority = 3;

  /// What to take part in from the beginning. A node passes on messages of its
  /// own topics only, so those who share one have to be connected among
  /// themselves.
  std::vector<std::string> topics = {};

  /// Largest content of a message, ours or a peer's.
  size_t content_max = size_t{256} * 1024;

  // -- trees ------------------------------------------------------------------

  /// How many trees a topic has, at most `gossip_trees_max`. Origins take
  /// turns: a tree serves those best who use it, and its first message goes
  /// everywhere.
  size_t trees = 64;

  /// How often a message should arrive, at least 1. With 2, nobody has to wait
  /// when a peer fails, for twice the bytes.
  size_t copies = 1;

  /// Announcements wait for so long that many share a message.
  duration announce_delay = std::chrono::milliseconds{100};

  /// How long an announced message may take to come by itself.
  duration graft_wait = std::chrono::milliseconds{300};

  /// How long a peer may take to send what was asked for.
  duration answer_time = std::chrono::seconds{2};

  /// How often one of the peers, in turn, is told of our topics, and of what
  /// it may have missed in the last `remind_time`.
  duration remind_interval = std::chrono::seconds{5};
  duration remind_time = std::chrono::seconds{45};

  // -- memory -----------------------------------------------------------------

  /// A message is known for so long, as long as no more than `seen_max` came
  /// since. It is delivered again if it comes after that.
  duration seen_time = std::chrono::minutes{10};
  size_t seen_max = size_t{64} * 1024;

  /// The content of a message is kept for so long, for those who missed it, as
  /// long as there are no more than `keep_bytes_max` bytes.
  duration keep_time = std::chrono::minutes{2};
  size_t keep_bytes_max = size_t{32} * 1024 * 1024;

  /// Most messages that were announced and are not there, of all peers and of
  /// each.
  size_t wanted_max = 8'192;
  size_t wanted_per_peer_max = 1'024;

  /// Most IDs that wait to be announced to a peer; the oldest are left out.
  size_t announce_max = 1'024;

  // -- the user ---------------------------------------------------------------

  /// How long a verdict may take; after that, a message is ignored.
  duration verdict_time = std::chrono::seconds{5};

  /// Most messages that wait for a verdict, and their bytes. What comes beyond
  /// is forgotten, and fetched when there is room.
  size_t verdicts_max = 512;
  size_t verdict_bytes_max = size_t{8} * 1024 * 1024;

  gossip_quota quota = {};
};

/// Checks that all of this makes sense.
/// @returns `invalid_option` with the field's name, or `none`.
failure validate(const gossip_options& options);

/// Checks the name of a topic: 1 to `gossip_topic_size_max` bytes of UTF-8.
failure validate_topic(const std::string& topic);

} // namespace troupe
