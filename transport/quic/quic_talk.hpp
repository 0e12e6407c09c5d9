// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/flow_meter.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/quic_line.hpp"
#include "troupe/transport/quic/quic_session.hpp"

namespace troupe {

/// How a connection begins that was dialed from elsewhere.
struct quic_arrival {
  quic_initial first;
  reset_secret resets;
};

/// A connection of QUIC, the session of the protocol that both ends agree on,
/// and the line to its port.
///
/// The owner calls `receive`, takes what came of it, and then `pump`, whatever
/// happens, and at `next_wakeup`.
class quic_talk final : quic_sink {
public:
  /// @param sends, receives limit what goes each way, in bytes of datagrams.
  explicit quic_talk(std::shared_ptr<quic_line> line,
                     flow_meter sends = flow_meter{},
                     flow_meter receives = flow_meter{})
    : line_(std::move(line)),
      sends_(std::move(sends)),
      receives_(std::move(receives)) {}

  quic_talk(const quic_talk&) = delete;

  quic_talk& operator=(const quic_talk&) = delete;

  ~quic_talk() override = default;

  // -- its life ---------------------------------------------------------------

  /// Makes the connection, held. Comes first.
  /// @param arrival absent: we dial.
  /// @param random has to outlive this object.
  failure open(const quic_options& limits, std::unique_ptr<quic_tls> tls,
               const std::optional<quic_arrival>& arrival, entropy& random,
               time_point now);

  /// Whether there is a connection.
  [[nodiscard]] bool is_open() const noexcept {
    return connection_ != nullptr;
  }

  /// Makes the session of a protocol, by its name in ALPN.
  using session_maker
      = std::function<std::unique_ptr<quic_session>(const std::string&)>;

  /// Goes on with the handshake. Once.
  /// @param make is called when TLS is done.
  void begin(session_maker make, quic_tls::judge decides, time_point now);

  /// Closes the connection, and leaves on the line what is still to be sent.
  /// Again changes nothing.
  void part(errc code, time_point now);

  [[nodiscard]] bool parted() const noexcept {
    return parted_;
  }

  // -- datagrams --------------------------------------------------------------

  /// Takes what is on the line, and does what is due.
  /// @returns whether anything came.
  bool receive(time_point now);

  /// Sends as far as the line has room.
  /// @returns whether the port has to be woken up.
  [[nodiscard]] bool pump(time_point now);

  /// When to come again; the maximum if never. It is never too near: a library
  /// that wants to be called at once, and does nothing, would keep a thread
  /// busy.
  [[nodiscard]] time_point next_wakeup(time_point now);

  // -- messages ---------------------------------------------------------------

  /// Starts passing messages. Once, when the session has greeted.
  void start(std::span<const channel_descriptor> channels);

  /// Takes what has arrived and fits into the reader's windows.
  [[nodiscard]] inbound_batch take_messages();

  /// Takes all that has arrived, whatever the windows. Nothing comes behind it.
  [[nodiscard]] inbound_batch take_rest();

  /// The reader has room for more, and is done with some: see
  /// `connection_actor`, `credit_atom`.
  void give_back(std::span<const channel_credit> windows, size_t memory);

  /// The reader holds that much more than messages of these channels cost.
  void charge(std::span<const channel_credit> more);

  /// What is held of what arrived, with what the reader is not done with.
  [[nodiscard]] size_t held_bytes() const;

  // -- parts ------------------------------------------------------------------

  [[nodiscard]] quic_connection& connection() noexcept {
    return *connection_;
  }

  [[nodiscard]] const quic_connection& connection() const noexcept {
    return *connection_;
  }

  /// Null until TLS is done.
  [[nodiscard]] quic_session* session() noexcept {
    return session_.get();
  }

  /// Who the remote is, if it has shown that it holds the key.
  [[nodiscard]] node_id proven() const;

private:
  void on_established() override;
  void on_data(stream_id stream, byte_view data, bool fin) override;
  void on_reset(stream_id stream, uint64_t code) override;
  void on_stopped(stream_id stream) override;
  void on_sent(stream_id stream, uint64_t total) override;
  void on_closed(stream_id stream, std::optional<uint64_t> code) override;

  void set_time(time_point now);
  [[nodiscard]] bool tell_port();

  std::shared_ptr<quic_line> line_;
  flow_meter sends_;
  flow_meter receives_;
  session_maker make_;
  time_point now_{};

  /// There before any stream is: that takes TLS.
  std::unique_ptr<quic_session> session_;
  std::unique_ptr<quic_connection> connection_;
  std::vector<channel_id> channels_;
  size_t unreturned_ = 0;   // Memory of what the reader is not done with.
  bool told_place_ = false; // The port, that the remote is where it says it is.
  bool full_ = false;       // The line has no room.
  bool parted_ = false;
};

} // namespace troupe
