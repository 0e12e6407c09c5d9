// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/connection_id.hpp"
#include "troupe/transport/quic/datagram_batch.hpp"
#include "troupe/transport/quic/quic_end.hpp"
#include "troupe/transport/quic/quic_options.hpp"
#include "troupe/transport/quic/quic_tls.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// What a connection tells the protocol above it. Called from within `receive`,
/// `proceed`, `tick` and `produce`; an implementation may call what is about
/// streams, and `close`, but none of those four.
class quic_sink {
public:
  virtual ~quic_sink() = default;

  /// The remote has proven who it is, and may open streams.
  virtual void on_established() = 0;

  /// Data of a stream has arrived, in order; the first of a stream of the
  /// remote's opens it. @param fin whether that is all that the remote sends.
  virtual void on_data(stream_id stream, byte_view data, bool fin) = 0;

  /// The remote has given up its sending part.
  virtual void on_reset(stream_id stream, uint64_t code) = 0;

  /// The remote reads no more of a stream, as was noticed when there was
  /// something to send. It is dropped.
  virtual void on_stopped(stream_id stream) = 0;

  /// That many bytes of ours, from the first one, have left.
  virtual void on_sent(stream_id stream, uint64_t total) = 0;

  /// Both parts of a stream are done with.
  /// @param code with which one side gave up a part, if one did.
  virtual void on_closed(stream_id stream, std::optional<uint64_t> code) = 0;
};

/// What the first packet of a client says (RFC 9000, 17.2.2).
struct quic_initial {
  uint32_t version = 0;

  /// Whom the client sends to: any number, or the source of our Retry.
  connection_id to;

  /// What the client calls itself.
  connection_id from;

  /// The token, empty unless it is one of ours.
  bytes token = {};

  /// If the client was sent a Retry: whom it had sent to at first.
  std::optional<connection_id> before_retry = {};
};

/// What stateless resets are made from (RFC 9000, 10.3). Secret.
using reset_secret = std::array<std::byte, 32>;

/// By which IDs the remote calls us.
struct quic_ids {
  std::vector<connection_id> added = {};

  /// The remote will not use them any more.
  std::vector<connection_id> retired = {};
};

/// One connection of QUIC, version 1 (RFC 9000), without its socket: datagrams
/// and `now` in; datagrams, data of streams and wake-ups out. Wraps ngtcp2.
///
///     held --> handshake --> established --> ended
///      |           |                          |
///      +-----------+--------------------------+
///
/// A connection begins held: it does as much as tells the other side that
/// somebody is there, and proves nothing, until `proceed`. After each call, the
/// owner sends what `produce` returns until there is nothing more, and calls
/// `tick` at `next_wakeup`. It gives each datagram that names one of
/// `take_ids`.
///
/// The remote does not move: datagrams are taken to come from one place.
class quic_connection {
public:
  /// @param sink, random  have to outlive this object.
  /// @returns `malformed_handshake` if ngtcp2 does not take it.
  static result<std::unique_ptr<quic_connection>>
  dial(const quic_options& options, std::unique_ptr<quic_tls> tls,
       quic_sink& sink, entropy& random, time_point now);

  /// Makes the other end for a first packet, which then goes to `receive` as
  /// all others.
  /// @param resets makes those with which we say that we know a connection no
  ///               more.
  static result<std::unique_ptr<quic_connection>>
  accept(const quic_options& options, std::unique_ptr<quic_tls> tls,
         quic_sink& sink, entropy& random, const quic_initial& first,
         const reset_secret& resets, time_point now);

  quic_connection(const quic_connection&) = delete;

  quic_connection& operator=(const quic_connection&) = delete;

  ~quic_connection();

  // -- datagrams --------------------------------------------------------------

  /// Takes a datagram as it came from the network.
  void receive(byte_view datagram, time_point now);

  /// Returns the datagrams that are to be sent next, nothing if there are none
  /// now.
  [[nodiscard]] std::optional<datagram_batch> produce(time_point now);

  /// Does what is due.
  void tick(time_point now);

  /// When `tick` is due; the maximum if never.
  [[nodiscard]] time_point next_wakeup() const;

  /// Returns what has changed since the last call. It comes before the
  /// datagrams that tell the remote.
  [[nodiscard]] quic_ids take_ids();

  // -- its life ---------------------------------------------------------------

  /// Goes on with the handshake. @param decides whether the remote may.
  void proceed(quic_tls::judge decides, time_point now);

  /// Whether anything of the remote's has arrived.
  [[nodiscard]] bool heard() const noexcept;

  /// Whether the remote has proven who it is, and may open streams.
  [[nodiscard]] bool established() const noexcept;

  /// Closes with a code of the protocol above: what waits and may be sent is
  /// sent, and the rest is lost.
  /// @param reason of which the remote sees `quic_reason_max` bytes.
  void close(uint64_t code, std::string reason);

  /// Why the connection is over, once it is and the remote was told.
  [[nodiscard]] const std::optional<quic_end>& ended() const noexcept;

  /// Who the remote is, and which protocol it speaks.
  [[nodiscard]] const quic_tls& tls() const noexcept;

  /// How long the remote takes to answer.
  [[nodiscard]] duration rtt() const;

  /// Sets how long it is silent before the remote gets a sign of life.
  void keep_alive(duration silence);

  // -- streams ----------------------------------------------------------------

  /// Opens a stream that only we send on. @param weight as in
  /// `stream_scheduler`.
  /// @returns nothing if the remote allows no more.
  [[nodiscard]] std::optional<stream_id> open_uni(int weight = 1);

  /// Opens a stream that both sides send on. There are no more, either, while
  /// the remote does not let go of those with `quic_options::in_flight_max`
  /// bytes that we have given up.
  /// @param weight, group as in `stream_scheduler`.
  [[nodiscard]] std::optional<stream_id>
  open_bidi(int weight = 1, std::optional<int> group = {});

  /// Queues data. What may be queued is for the caller to bound: see
  /// `quic_sink::on_sent`.
  void write(stream_write what);

  /// Ends our sending part with what it still has.
  void reset(stream_id stream, uint64_t code);

  /// Asks the remote to send no more. What still arrives is dropped.
  void stop(stream_id stream, uint64_t code);

  /// Lets the remote send that many bytes more on a stream. Whoever does not
  /// stops that stream, and no other.
  void consume(stream_id stream, size_t size);

  /// Sets how many bytes of streams may be sent from now on. What QUIC itself
  /// has to say goes whatever this is. Without a call, all may.
  void allow(size_t bytes) noexcept;

  /// Holds the window of the connection, so that the remote may send no more
  /// than it already may, on all streams together; or gives back what was held.
  void hold_window(bool held);

  /// Bytes that were not sent yet.
  [[nodiscard]] size_t unsent() const noexcept;

  /// Whether the remote has all that was sent, and nothing waits.
  [[nodiscard]] bool drained() const noexcept;

private:
  struct state;

  explicit quic_connection(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe
