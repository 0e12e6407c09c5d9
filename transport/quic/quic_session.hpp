// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/quic/quic_connection.hpp"

namespace troupe {

/// A protocol over a connection of QUIC, as a connection of a node needs it:
/// who the remote is, messages of channels, and an end.
///
///     waiting --> greeted --> running --> over
///        |           |           |
///        +-----------+-----------+--> failed
///
/// The owner attaches it when TLS is done, and calls `advance` before it asks
/// the connection for datagrams, and after it has handed some in. Then it looks
/// at what came of it: `error`, `take_inbound` and the rest. It closes the
/// connection with `close_code` of the error, or of `none` when the session is
/// `over`.
///
/// Each channel has a window of `connection_read_window`. What a reader is
/// behind with beyond that stays with the remote, and nothing of it holds back
/// another channel.
class quic_session : public quic_sink {
public:
  /// Comes before the connection has streams. It has to outlive all calls.
  void attach(quic_connection& connection) noexcept {
    connection_ = &connection;
  }

  /// Whatever happens until the next call happens at that time.
  void set_time(time_point now) noexcept {
    now_ = now;
  }

  /// Does to streams what there is to be done.
  virtual void advance() {}

  // -- handshake --------------------------------------------------------------

  /// Whether the remote is verified, and it is known what it says it is.
  [[nodiscard]] virtual bool greeted() const = 0;

  /// What the remote says it is. Requires `greeted()`.
  [[nodiscard]] virtual const node_info& info() const = 0;

  /// What the remote finds when it compares our node info with its own.
  /// Requires `greeted()`.
  [[nodiscard]] virtual errc judged_by_remote() const {
    return errc::none;
  }

  /// Why the remote has to be disconnected, or `none`; final.
  [[nodiscard]] virtual const failure& error() const = 0;

  /// Starts passing messages. Requires `greeted()`. Once.
  virtual void start(std::span<const channel_descriptor> channels) = 0;

  // -- messages ---------------------------------------------------------------

  /// Queues a message. What may be queued is for the caller to bound: see
  /// `take_sent`. @returns `unknown_channel`, or `none`.
  [[nodiscard]] virtual errc send(outbound_message message) = 0;

  /// Returns the cost of the messages that are on the wire, or lost, since the
  /// last call, as a sum for each channel.
  [[nodiscard]] virtual std::vector<channel_credit> take_sent() = 0;

  /// Returns how many messages of ours were lost since the last call.
  [[nodiscard]] virtual std::vector<channel_tally> take_lost() {
    return {};
  }

  /// Returns the messages that have arrived since the last call.
  [[nodiscard]] virtual inbound_batch take_inbound() = 0;

  /// Returns how many messages on channels that are not open were dropped since
  /// the last call.
  [[nodiscard]] virtual std::vector<channel_tally> take_skipped() {
    return {};
  }

  /// The reader has room for more messages of a channel, of that `read_cost`.
  virtual void give_back(channel_id channel, size_t cost) = 0;

  /// Messages of a channel take that much more than their `read_cost`.
  virtual void charge(channel_id channel, size_t cost) = 0;

  /// Whether something of a channel has arrived before `start`.
  [[nodiscard]] virtual bool has_early() const = 0;

  /// Asks the remote for a sign of life: any packet of its is one.
  virtual void ping() = 0;

  // -- the end ----------------------------------------------------------------

  /// Says that nothing more comes behind what is queued. What still arrives is
  /// dropped.
  virtual void hang_up() = 0;

  /// Whether all was said: the remote has said goodbye and all that came before
  /// was taken, or nothing is left of what we had to say.
  [[nodiscard]] virtual bool over() const = 0;

  /// The code that tells the remote of an error of ours.
  [[nodiscard]] virtual uint64_t close_code(errc code) const = 0;

  // -- time -------------------------------------------------------------------

  /// Notes what has arrived. @returns why the remote has to be disconnected, or
  /// `none`.
  [[nodiscard]] virtual errc tick(time_point now) = 0;

  /// When to come again.
  [[nodiscard]] virtual std::optional<time_point> next_wakeup() const = 0;

  /// Bytes that are held for messages that are not complete or wait.
  [[nodiscard]] virtual size_t held_bytes() const = 0;

protected:
  quic_connection* connection_ = nullptr;
  time_point now_{};
};

} // namespace troupe
