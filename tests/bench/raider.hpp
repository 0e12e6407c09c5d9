// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::bench {

/// The network of the siege, and the channels of the node under it.
inline constexpr const char* siege_network = "siege";
inline constexpr channel_id ping_channel = 0x71;
inline constexpr channel_id list_channel = 0x72;
inline constexpr size_t siege_message_max = 22'020'096;

std::vector<channel_descriptor> siege_channels();

/// One connection of an attacker: a plain socket and a key of its own. It does
/// as much of the protocol as it is told to, and never waits while it is at it.
class raider {
public:
  /// Connects from 127.0.1.HOST. Throws `std::runtime_error`.
  raider(uint16_t port, uint8_t host);

  /// Begins a handshake, waits for the node's key, and sends garbage where a
  /// sealed frame should be. @returns whether the node then hung up.
  bool send_garbage();

  /// Completes a handshake and prepares for the rest. @returns whether the node
  /// took part.
  bool shake_hands();

  /// Queues a message.
  void send(channel_id channel, const shared_bytes& body);

  /// What a turn does.
  struct manners {
    bool reads = true;
    bool writes = true;
  };

  /// Sends and receives what is possible right now, at most a burst.
  /// @returns `false` once the connection is over.
  bool turn(const manners& how);

  /// Whether all that was queued is with the kernel.
  [[nodiscard]] bool idle() const noexcept {
    return queued_ == 0 && unsent_.empty();
  }

  [[nodiscard]] size_t bytes_sent() const noexcept {
    return bytes_sent_;
  }

  [[nodiscard]] int fd() const noexcept {
    return socket_.get();
  }

private:
  bool write_all(byte_view data);
  bytes read_some();
  bool flush();
  bool receive();

  unique_socket socket_;
  node_key key_;
  std::optional<mconn_stream> stream_;
  bytes unsent_;
  size_t offset_ = 0;
  size_t queued_ = 0; // Cost of what the stream has not sealed.
  size_t bytes_sent_ = 0;
};

} // namespace troupe::bench
