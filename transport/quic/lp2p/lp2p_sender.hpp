// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/shared_bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/quic/lp2p/lp2p_options.hpp"
#include "troupe/transport/quic/lp2p/multistream.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// A message that the remote does not get, or may not get.
struct lost_message {
  channel_id channel = 0;

  /// `peer_lacks_channel`, if the remote does not accept that channel;
  /// `rate_limited`, if it had no room, however often we tried; `timeout`;
  /// `connection_closed`, if it has reset the stream.
  errc reason = errc::none;

  friend bool operator==(const lost_message&, const lost_message&) = default;
};

/// Sends messages, each on a stream of its own (the wire format stands in
/// `lp2p_acceptor.hpp`). To a channel that the remote has named, everything
/// goes at once: proposal, length, body and the end. Else the message waits
/// until the remote has agreed.
///
/// A stream counts as open until the remote has ended or reset it. One that is
/// reset for want of resources is sent again after a pause, before others of
/// its channel; meanwhile fewer of them are under way at once, half as many
/// each time, and one more for each that arrives. Streams that are reset for
/// other reasons are messages lost. There is no order between messages.
class lp2p_sender {
public:
  /// @param options have to outlive this object.
  explicit lp2p_sender(const lp2p_options& options) : options_(options) {}

  /// The remote has named these channels.
  void set_named(std::span<const channel_id> channels);

  /// Queues a message. What may be queued is for the caller to bound: see
  /// `take_sent`.
  void send(outbound_message message);

  /// The channel of the message that waits for a stream and may have one now.
  [[nodiscard]] std::optional<channel_id> wants_stream(time_point now) const {
    const auto* next = next_channel(now);
    return next == nullptr ? std::nullopt : std::optional{next->first};
  }

  // -- what happens to streams ------------------------------------------------

  /// We have opened a stream, since `wants_stream` holds.
  void opened(stream_id stream, time_point now);

  void received(stream_id stream, byte_view data, bool fin, time_point now);

  /// The remote has reset its sending part.
  void reset(stream_id stream, uint64_t code, time_point now);

  /// That many bytes, from the first one, have left.
  void sent(stream_id stream, uint64_t total, time_point now);

  /// Nothing more comes of a stream.
  /// @param code with which one side gave up, if one did.
  void closed(stream_id stream, std::optional<uint64_t> code, time_point now);

  // -- what comes of it -------------------------------------------------------

  void tick(time_point now);

  /// When `tick` is due, or `wants_stream` may have another answer; the maximum
  /// if never.
  [[nodiscard]] time_point next_wakeup(time_point now) const;

  [[nodiscard]] std::vector<stream_action> take_actions();

  /// Returns the cost of the messages that are on the wire since the last call,
  /// or lost, as a sum for each channel.
  [[nodiscard]] std::vector<channel_credit> take_sent();

  [[nodiscard]] std::vector<lost_message> take_lost();

  /// How often messages were sent again, of all times.
  [[nodiscard]] uint64_t repeats() const noexcept {
    return repeats_;
  }

  /// Whether nothing waits or is under way.
  [[nodiscard]] bool drained() const noexcept {
    return streams_.empty() && waiting_ == 0;
  }

private:
  struct letter {
    shared_bytes body = {};
    uint64_t order = 0;
    size_t attempts = 0;
    bool credited = false;
  };

  struct channel_state {
    std::deque<letter> waiting = {};
    size_t open = 0;
    /// Most that may be open, and not before that time.
    size_t open_max = 0;
    time_point not_before = time_point::min();
    duration pause = {};
  };

  struct stream_state {
    channel_id channel = 0;
    letter content = {};
    size_t size = 0; // Of the message.
    multistream_opener negotiation;
    bool whole = false; // All of it is with the transport.
    uint64_t given = 0; // So many bytes are with it,
    uint64_t sent = 0;  // and have left.
    bool ended = false; // By the remote.
    time_point deadline = {};

    /// Whether all of it has left.
    [[nodiscard]] bool has_left() const noexcept {
      return whole && sent >= given;
    }
  };

  using iterator = std::map<stream_id, stream_state>::iterator;

  channel_state& channel_of(channel_id channel);
  [[nodiscard]] const std::pair<const channel_id, channel_state>*
  next_channel(time_point now) const;
  void write_message(iterator i, bytes head);
  void credit(channel_id channel, letter& content);
  void arrived(iterator i);
  void refused(iterator i, uint64_t code, time_point now);
  void give_up(iterator i, errc reason, uint64_t code);
  void forget(iterator i);

  const lp2p_options& options_;
  std::bitset<256> named_;
  std::map<channel_id, channel_state> channels_;
  std::map<stream_id, stream_state> streams_;
  size_t waiting_ = 0;
  size_t unanswered_ = 0;
  size_t open_bytes_ = 0;
  uint64_t order_ = 0;
  uint64_t repeats_ = 0;
  std::vector<stream_action> actions_;
  std::vector<channel_credit> sent_;
  std::vector<lost_message> lost_;
};

} // namespace troupe
