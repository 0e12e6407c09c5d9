// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/mconn/packet_encoder.hpp"
#include "troupe/transport/mconn/progress_watch.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// Where a `packet_decoder` puts what it finds. Called in wire order, from
/// within `decode`; an implementation must neither call nor destroy the
/// decoder.
class packet_sink {
public:
  virtual ~packet_sink() = default;

  /// The remote wants a pong.
  virtual void on_ping() = 0;

  /// The remote answers a ping, or just says that it lives.
  virtual void on_pong() = 0;

  /// A message on a channel that is not open was dropped.
  virtual void on_skipped(channel_id channel) = 0;

  /// A message is complete.
  /// @param body  may be empty.
  virtual void on_message(channel_id channel, growing_bytes&& body) = 0;
};

/// Turns the decrypted bytes of a connection into messages, wherever the
/// network cuts them (spec p2p, "MConnection packets"; the wire format stands
/// in `packet_encoder.hpp`).
///
/// What a remote can make a decoder hold is one packet and, for each channel,
/// one message of at most `recv_message_capacity` bytes. Buffers grow with what
/// has arrived, by a quarter at a time, or at once to `max_headroom`. A
/// finished message takes its buffer along, at most twice its size.
///
/// Packets that look as every known encoder writes them go straight from the
/// input to their message. Anything else that Protobuf allows (another order,
/// unknown or repeated fields) takes a detour through a buffer of one packet.
class packet_decoder {
public:
  /// Most bytes that are set aside for a message before they have arrived, to
  /// save growing its buffer step by step.
  static constexpr size_t max_headroom = size_t{64} * 1024;

  /// @param payload_max  most data bytes of an ordinary packet, 1 to
  ///                     `max_packet_payload`. The limit for packets derives
  ///                     from it: `packet_size_limit`.
  /// @param channels  what is open here. Should an ID occur twice, the first
  ///                  one counts.
  /// @param unknown  what becomes of other channels. What is no channel at all,
  ///                 a number below 0 or above 255, is always an error.
  packet_decoder(size_t payload_max,
                 std::span<const channel_descriptor> channels,
                 unknown_channel_policy unknown
                 = unknown_channel_policy::disconnect);

  /// Consumes all of `input` and reports to `sink`.
  /// @returns `none`, or the reason to drop the connection: `oversized_packet`,
  ///          as soon as the length is there; `malformed_packet`;
  ///          `unknown_channel`; `oversized_message`, as soon as the packet
  ///          that crosses the channel's capacity starts. An error sticks.
  [[nodiscard]] errc decode(byte_view input, packet_sink& sink);

  /// Bytes that have arrived and wait for the rest of their packet or message.
  [[nodiscard]] size_t buffered_bytes() const noexcept;

  /// Bytes of memory that are set aside for those.
  [[nodiscard]] size_t held_bytes() const noexcept;

  /// The messages of which a part has arrived.
  [[nodiscard]] std::vector<progress_watch::half> halves() const;

private:
  /// What is known of each channel, whether something arrives there or not: a
  /// node has thousands of connections with all of them, most of them idle.
  struct channel_state {
    channel_id id = 0;
    /// Size of the latest message that took more than one packet, at most
    /// `max_headroom`.
    uint32_t typical_size = 0;
    size_t capacity = 0;
  };

  /// Data of one message, as far as it has arrived.
  struct partial_message {
    /// Position in `channels_`.
    size_t channel = 0;
    /// Tells it from all others of the connection.
    uint64_t number = 0;
    growing_bytes body = {};
    /// Whether it takes more than one packet.
    bool several = false;
  };

  enum class state : uint8_t {
    /// Collecting the length prefix.
    length,
    /// Collecting what comes before the data of a message packet.
    head,
    /// Copying data to its message.
    data,
    /// Collecting a packet of unusual layout.
    whole,
  };

  errc read_length(byte_view& input);
  errc read_head(byte_view& input, packet_sink& sink);
  void read_data(byte_view& input, packet_sink& sink);
  errc read_whole(byte_view& input, packet_sink& sink);
  errc decode_whole(byte_view input, packet_sink& sink);
  errc start_message(int32_t channel, bool eof, size_t data_size);
  errc start_skipping(int32_t channel, bool eof);
  void end_message(packet_sink& sink);
  partial_message& message_of(size_t channel);
  void make_room(partial_message& message, bool eof, size_t data_size);
  void end_packet() noexcept;
  /// Returns what is there of the head, from before and from `input`.
  byte_view join_head(byte_view input) noexcept;
  /// Eats up to `size` bytes of the current packet.
  byte_view take(byte_view& input, size_t size) noexcept;

  size_t limit_;
  unknown_channel_policy unknown_;
  std::vector<channel_state> channels_;
  size_t latest_ = 0; // Position of the one that was named last.
  /// Of the channels where a message has begun, in the order of that; and one
  /// that has not, if no other has.
  std::vector<partial_message> messages_;
  uint64_t begun_ = 0; // Messages, that one included.

  state state_ = state::length;
  errc error_ = errc::none;
  uvarint_decoder length_;
  /// Bytes of the current packet that have not been looked at.
  size_t remaining_ = 0;
  std::array<std::byte, max_packet_header_size> head_ = {};
  size_t head_size_ = 0;
  bytes whole_;
  /// Position in `messages_` of the current packet's message.
  size_t current_ = 0;
  /// The channel of the current packet, if it is not open.
  std::optional<channel_id> skipped_;
  bool eof_ = false;
};

} // namespace troupe
