// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/exchange.hpp"
#include "troupe/messages/qos_shed.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Number of a channel. One byte on the wire (spec p2p, "NodeInfo", channels).
using channel_id = uint8_t;

/// A bit for each channel that there may be.
using channel_set = std::bitset<256>;

/// What happens to an inbound message when its reactor does not keep up.
enum class overflow : uint8_t {
  /// The peer has to wait: once the channel's window and the connection's are
  /// full, nothing is read until the reactor has caught up. Nothing is lost,
  /// but the peer's other channels wait, too, and so do pings: for `hold_max`,
  /// after which what it sends on this channel is dropped and counted, until
  /// the reactor is done with what it was given. Over QUIC, a channel has both
  /// windows for itself: only it waits, and for as long as it takes.
  wait,
  /// The message is dropped and counted. Other peers and channels are not
  /// affected.
  drop,
};

/// Returns the name as it stands in the source.
inline std::string to_string(overflow x) {
  return x == overflow::wait ? "wait" : "drop";
}

/// Longest that a channel may keep a connection from reading. CometBFT drops a
/// peer that answers no ping for 45 s.
inline constexpr duration hold_limit = std::chrono::seconds{10};

/// Longest that a channel may wait for a reactor of another process.
inline constexpr duration reattach_limit = std::chrono::hours{1};

/// Describes a channel: its number, its weight and its limits (ADR-062,
/// "Channels").
struct channel_descriptor {
  channel_id id = 0;

  /// Weight against the other channels of a connection, at least 1. A channel
  /// of priority 10 gets twice the bandwidth of one of priority 5 when both
  /// have more to send than fits.
  int priority = 1;

  /// Most outbound messages that wait for one peer, at least 1.
  size_t send_queue_messages = 256;

  /// Most outbound bytes that wait for one peer. A message larger than this is
  /// taken when nothing else waits.
  size_t send_queue_bytes = 4 * 1024 * 1024;

  /// What makes room when that many wait. Messages that were sent with
  /// `request` fail with `queue_full` when they are refused or shed.
  qos_shed on_send_full = qos_shed::refuse;

  /// An outbound message that has waited for so long is not sent any more, but
  /// shed as soon as its turn comes or room is needed; above 0. Absent: none is
  /// too old.
  std::optional<duration> send_expires_after = {};

  /// Most that the reactor may have sent and the channel has not yet passed on
  /// to the peers; a message larger than this is taken when nothing else waits.
  /// What comes beyond it fails with `queue_full`, whatever `on_send_full`.
  size_t send_total_messages = 16 * 1024;
  size_t send_total_bytes = 128 * 1024 * 1024;

  /// Largest inbound message in bytes. A peer that sends a larger one is
  /// disconnected.
  size_t recv_message_capacity = 22'020'096;

  /// What the reactor may be behind with, of each peer, before that takes
  /// anything from the peer's other channels: in bytes, where a message counts
  /// for no less than 512. Only used with `overflow::wait`.
  size_t recv_window_bytes = 128 * 1024;

  /// Most inbound messages of one peer that wait for the reactor, at least 1,
  /// and most bytes; a message larger than this is taken when no other of that
  /// peer waits. Only used with `overflow::drop`; otherwise windows are the
  /// limit, the channel's and the connection's.
  size_t recv_queue_messages = 256;
  size_t recv_queue_bytes = 4 * 1024 * 1024;

  /// Most inbound bytes of all peers that wait for the reactor; larger than any
  /// message. Beyond it, the peer of whom most waits loses what it sent last.
  size_t recv_total_bytes = 128 * 1024 * 1024;

  /// How many messages may be at the reactor, unacknowledged, at least 1.
  size_t delivery_window = 16;

  overflow on_full = overflow::wait;

  /// How long a message may wait for the reactor while the peer waits, too;
  /// above 0, at most `hold_limit`. Of `overflow::wait`, and not over QUIC.
  duration hold_max = std::chrono::seconds{5};

  /// Which messages ask and which answer: see `channel::ask`.
  std::vector<exchange> exchanges = {};

  /// Most questions to one peer that are not answered yet, at least 1.
  size_t asks_per_peer = 16;

  /// Whether an answer that nobody asked for counts against its sender. Not in
  /// the first two minutes after the channel was opened (`unasked_grace`):
  /// whoever had it before, our process before a restart too, may have asked.
  bool blame_unasked = false;

  /// For logs and metrics. Empty means the number in hexadecimal, "0x70".
  std::string name = {};

  /// Only for reactors in other processes: how long the channel stays when the
  /// reactor's process dies, so that peers keep their connections. What they
  /// send meanwhile is shed and counted. From 0 to `reattach_limit`.
  duration reattach_time = std::chrono::seconds{30};

  friend bool operator==(const channel_descriptor&, const channel_descriptor&)
      = default;
};

/// Checks that every limit is at least 1 and that all times are in their
/// ranges.
/// @returns `invalid_channel` with the field's name, or `none`.
failure validate(const channel_descriptor& descriptor);

/// Returns `descriptor.name`, or its number if it has none.
std::string display_name(const channel_descriptor& descriptor);

template <class Inspector>
bool inspect(Inspector& f, overflow& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<overflow>(value);
    return value <= static_cast<uint8_t>(overflow::drop);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, channel_descriptor& x) {
  return f.object(x).fields(
      f.field("id", x.id), f.field("priority", x.priority),
      f.field("send_queue_messages", x.send_queue_messages),
      f.field("send_queue_bytes", x.send_queue_bytes),
      f.field("on_send_full", x.on_send_full),
      f.field("send_total_messages", x.send_total_messages),
      f.field("send_total_bytes", x.send_total_bytes),
      f.field("send_expires_after", x.send_expires_after),
      f.field("recv_message_capacity", x.recv_message_capacity),
      f.field("recv_window_bytes", x.recv_window_bytes),
      f.field("recv_queue_messages", x.recv_queue_messages),
      f.field("recv_queue_bytes", x.recv_queue_bytes),
      f.field("recv_total_bytes", x.recv_total_bytes),
      f.field("delivery_window", x.delivery_window),
      f.field("exchanges", x.exchanges),
      f.field("asks_per_peer", x.asks_per_peer),
      f.field("blame_unasked", x.blame_unasked), f.field("on_full", x.on_full),
      f.field("hold_max", x.hold_max), f.field("name", x.name),
      f.field("reattach_time", x.reattach_time));
}

} // namespace troupe
