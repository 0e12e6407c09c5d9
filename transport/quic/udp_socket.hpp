// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/raw_bytes.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/quic/udp_place.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Checks that QUIC can dial `where`, as `validate_tcp_dial` does for TCP.
failure validate_quic_dial(const endpoint& where);

/// Checks that QUIC can listen at `where`: as above, and any port.
failure validate_quic_listen(const endpoint& where);

/// Opens a non-blocking socket that takes datagrams of everybody. One for IPv6
/// takes nothing of IPv4.
/// @returns `cannot_listen`, and the context says why.
result<unique_socket> listen_udp(const endpoint& where);

/// Opens a non-blocking socket for the datagrams of one remote, of which it
/// hears when nobody listens there.
/// @returns `connection_refused` if there is no way there, `file_error` if we
/// are out of descriptors or memory.
result<unique_socket> connect_udp(const endpoint& where);

/// Where a socket is.
udp_place local_place_of(int fd);

/// Where a connected socket leads to.
udp_place remote_place_of(int fd);

/// Datagrams of one remote that came together, one behind the other.
struct udp_arrival {
  byte_view data;

  /// Size of each datagram but the last, which may be shorter.
  size_t segment = 0;

  udp_place from;

  /// Which of our addresses they were sent to.
  std::optional<ip_address> to = {};

  /// Calls `what` with each datagram.
  template <class Function>
  void each(Function what) const {
    for (size_t at = 0; at < data.size(); at += segment)
      what(data.subspan(at, std::min(segment, data.size() - at)));
  }
};

/// Takes datagrams from sockets, many with one call.
class udp_receiver {
public:
  /// Most calls' worth of the kernel that one `receive` takes.
  static constexpr size_t batch_max = 8;

  /// What one look at a socket found.
  struct outcome {
    /// Good until the next call.
    std::span<const udp_arrival> arrivals = {};

    /// The remote's system says that nobody listens there.
    bool refused = false;
  };

  udp_receiver();

  /// Takes what is there, without waiting.
  outcome receive(int fd);

private:
  /// As much as the kernel puts into one piece.
  static constexpr size_t piece_size = size_t{64} * 1024;

  raw_bytes buffer_;
  std::array<udp_arrival, batch_max> arrivals_;
};

/// Where datagrams go.
struct udp_route {
  /// Absent: the socket is connected.
  std::optional<udp_place> to = {};

  /// Which of our addresses they come from. Absent: the system's choice.
  std::optional<ip_address> from = {};
};

/// Gives datagrams to sockets, many with one call.
class udp_sender {
public:
  /// What became of them.
  struct outcome {
    /// Bytes that are done with: the network has them, or will never take them.
    size_t done = 0;

    /// The socket takes no more now.
    bool busy = false;

    /// As in `udp_receiver`.
    bool refused = false;
  };

  /// Sends datagrams without waiting. @param segment as in `udp_arrival`.
  outcome send(int fd, const udp_route& route, byte_view data, size_t segment);

private:
  outcome send_together(int fd, const udp_route& route, byte_view data,
                        size_t segment);
  outcome send_each(int fd, const udp_route& route, byte_view data,
                    size_t segment);

  /// Whether the kernel cuts datagrams for us, as far as we know.
  bool kernel_cuts_ = true;
};

} // namespace troupe
