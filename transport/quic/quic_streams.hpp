// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/stream_action.hpp"
#include "troupe/transport/quic/stream_outbox.hpp"
#include "troupe/transport/quic/stream_scheduler.hpp"

namespace troupe {

/// The sending parts of a connection's streams: what each has to send, and
/// whose turn it is. A stream whose window at the remote is full waits, and no
/// other one does.
class quic_streams {
public:
  /// What a stream takes besides its data, here and in the library; more than
  /// that, if anything.
  static constexpr size_t abandoned_cost = size_t{4} * 1024;

  /// @param in_flight_max most bytes of all streams that are sent and not
  ///                      acknowledged, when more is to be sent.
  explicit quic_streams(size_t in_flight_max) : in_flight_max_(in_flight_max) {}

  /// Whatever happens until the next call happens at that time.
  void set_time(time_point now) noexcept {
    now_ = now;
  }

  /// Adds the sending part of a stream, or changes its weight.
  /// @param weight, group as in `stream_scheduler`.
  void add(stream_id stream, int weight, std::optional<int> group = {});

  /// Sends nothing more of it. What was sent stays where it is in memory until
  /// `remove`.
  void abandon(stream_id stream);

  /// Forgets it, with what it has to send.
  void remove(stream_id stream);

  /// Whether there is such a part.
  [[nodiscard]] bool has(stream_id stream) const {
    return outboxes_.contains(stream);
  }

  /// Queues data. Nothing happens without such a part.
  void write(stream_write what);

  /// Sets how many bytes may be sent from now on. What is in progress may
  /// exceed it by a packet.
  void allow(size_t bytes) noexcept {
    allowance_ = bytes;
  }

  /// Returns whose turn it is, with what it has to send.
  [[nodiscard]] std::optional<stream_id> next(time_point now);

  [[nodiscard]] const stream_outbox& outbox(stream_id stream) const {
    return outboxes_.at(stream);
  }

  /// Notes what was sent.
  void sent(stream_id stream, size_t size, bool fin);

  /// The remote lets a stream send no more, until `unblock`.
  void block(stream_id stream);

  /// Something has arrived: streams may go on.
  void unblock();

  void acknowledged(stream_id stream, size_t size);

  /// Bytes that streams take that were given up and that the remote has not let
  /// go, `abandoned_cost` for each among them.
  [[nodiscard]] size_t abandoned() const noexcept {
    return abandoned_bytes_;
  }

  /// Bytes that were not sent.
  [[nodiscard]] size_t unsent() const noexcept {
    return unsent_;
  }

  /// Bytes that were sent and not acknowledged.
  [[nodiscard]] size_t unacknowledged() const noexcept {
    return unacknowledged_;
  }

  /// Since when the stream waits for an acknowledgement that waits longest.
  [[nodiscard]] std::optional<time_point> waiting_since() const;

private:
  size_t in_flight_max_;
  size_t allowance_ = SIZE_MAX;
  std::map<stream_id, stream_outbox> outboxes_;
  std::map<stream_id, stream_outbox> abandoned_;
  stream_scheduler scheduler_;
  std::vector<stream_id> blocked_;
  size_t abandoned_bytes_ = 0;
  size_t unsent_ = 0;
  size_t unacknowledged_ = 0;
  time_point now_{};

  /// Streams of which the remote has not acknowledged all, and when it did so
  /// last, or what it has not was sent.
  std::map<stream_id, time_point> waiting_;
};

} // namespace troupe
