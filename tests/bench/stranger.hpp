// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/quic_credentials.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::bench {

/// Opens a socket for datagrams to 127.0.0.1:PORT, from an address that belongs
/// to `number`: 127.X.Y.1, so that no two of 60,000 share a subnet. Throws
/// `std::runtime_error`.
unique_socket socket_of_stranger(uint16_t port, size_t number);

/// One that attacks with QUIC: a socket, a connection, and a key of its own. It
/// goes as far as it is told to.
class stranger : quic_sink {
public:
  enum class aim : uint8_t {
    /// Says no more once the node has answered.
    stop,
    /// Opens as many streams as there may be, and on each of them begins a
    /// message that never ends.
    stream,
  };

  stranger(uint16_t port, size_t number, aim what);

  stranger(const stranger&) = delete;

  stranger& operator=(const stranger&) = delete;

  /// Says goodbye if it has come in.
  ~stranger() override;

  /// Makes a first datagram, for others to send.
  static bytes first_datagram(const quic_credentials& who, entropy& random,
                              time_point now);

  /// Receives and sends what is possible now.
  void turn(time_point now);

  /// Whether it can do no more: it is over, or all was said for long enough.
  [[nodiscard]] bool over(time_point now) const;

  /// Whether the node has answered, and as far as is wanted.
  [[nodiscard]] bool arrived() const noexcept {
    return aim_ == aim::stop ? silent_ : connection_->established();
  }

  /// How many bytes came back for each that was sent; 0 if the node has asked
  /// for a proof that we are where we say we are, and got it.
  [[nodiscard]] double amplification() const noexcept {
    return proven_ || sent_ == 0
               ? 0
               : static_cast<double>(received_) / static_cast<double>(sent_);
  }

  /// Messages that were begun.
  [[nodiscard]] size_t begun() const noexcept {
    return begun_;
  }

  [[nodiscard]] int fd() const noexcept {
    return socket_.get();
  }

private:
  void on_established() override;
  void on_data(stream_id stream, byte_view data, bool fin) override;
  void on_reset(stream_id, uint64_t) override {}
  void on_stopped(stream_id) override {}
  void on_sent(stream_id, uint64_t) override {}
  void on_closed(stream_id, std::optional<uint64_t>) override {}

  void receive(time_point now);
  void send(time_point now);
  void feed();

  aim aim_;
  system_entropy random_;
  node_key key_;
  unique_socket socket_;
  std::unique_ptr<quic_connection> connection_;
  /// Streams on which a message goes on.
  std::vector<stream_id> endless_;
  size_t fed_ = 0; // Bytes of each of the first two.
  time_point began_;
  size_t sent_ = 0;
  size_t received_ = 0;
  size_t begun_ = 0;
  bool proven_ = false;
  bool silent_ = false;
};

} // namespace troupe::bench
