// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/shared_bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/packet_encoder.hpp"

namespace troupe {

/// Cuts the messages of a connection's channels into packets and says whose
/// packet is next (spec p2p, "Channel scheduling").
///
/// Among the channels that have something to send, the one that has recently
/// sent the fewest bytes in proportion to its priority is next; ties go to the
/// channel that was registered first. What counts as recent fades by a fifth
/// every two seconds. A channel finishes its current message before it starts
/// the next one.
///
/// The scheduler does not bound what is pushed; `pending_wire_bytes` tells its
/// owner when to stop.
class packet_scheduler {
public:
  /// How often the memory of bytes sent fades.
  static constexpr duration decay_interval = std::chrono::seconds{2};

  /// One packet to encode with `encode_packet_header`.
  struct packet {
    channel_id channel = 0;

    /// Whether the message is complete with this packet.
    bool eof = false;

    /// Valid as long as `message` is or, without one, until the next call of
    /// `next`.
    byte_view data = {};

    /// Bytes on the wire, length prefix and data included.
    size_t wire_size = 0;

    /// With `eof`: the whole message, which no longer waits here. Else none.
    shared_bytes message = {};
  };

  /// @param channels  in order of registration. Should an ID occur twice, the
  ///                  first one counts.
  /// @param payload_max  most data bytes of a packet, 1 to
  ///                     `max_packet_payload`. Receivers are known to accept
  ///                     `default_packet_payload`.
  explicit packet_scheduler(std::span<const channel_descriptor> channels,
                            size_t payload_max = default_packet_payload);

  /// Appends `message`, which has to be one, to the queue of `channel`.
  /// @returns `unknown_channel`, or `none`.
  [[nodiscard]] errc push(channel_id channel, shared_bytes message);

  /// Whether there is nothing to send.
  [[nodiscard]] bool empty() const noexcept {
    return pending_ == 0;
  }

  /// Exact number of wire bytes that `next` has yet to hand out, length
  /// prefixes included.
  [[nodiscard]] size_t pending_wire_bytes() const noexcept {
    return pending_;
  }

  /// Takes the next packet and accounts for it. @returns nothing if `empty()`.
  std::optional<packet> next(time_point now);

private:
  /// What is known of each channel, whether it has something to send or not: a
  /// node has thousands of connections with all of them, most of them idle.
  struct channel_state {
    channel_id id;
    float priority;
    uint64_t recently_sent = 0;
  };

  /// Messages of a channel that wait. A plain vector with a cursor.
  struct backlog {
    /// Position in `channels_`.
    size_t channel;
    std::vector<shared_bytes> messages;
    /// Position of the current message.
    size_t first = 0;
    /// Bytes of the current message that have been handed out.
    size_t offset = 0;

    [[nodiscard]] bool empty() const noexcept {
      return first == messages.size();
    }

    shared_bytes pop() noexcept;
  };

  using backlogs = std::vector<backlog>;

  void enqueue(size_t channel, shared_bytes message);
  void end(backlogs::iterator which) noexcept;
  void decay(time_point now) noexcept;
  backlogs::iterator select() noexcept;

  size_t payload_max_;
  std::vector<channel_state> channels_;
  size_t latest_ = 0; // Position of the one that was named last.
  /// Of the channels that have something to send, in the order of `channels_`.
  backlogs backlogs_;
  /// Room for the messages of the next channel that gets something to send.
  std::vector<shared_bytes> spare_;
  size_t pending_ = 0;
  std::optional<time_point> last_decay_;
};

} // namespace troupe
