// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/stream_socket.hpp"

namespace troupe {

/// A socket for datagrams, until it goes away.
class datagram_socket {
public:
  /// Called when the socket is ready, or in error. May let it go away.
  using callback = std::function<void(readiness)>;

  datagram_socket() = default;

  datagram_socket(const datagram_socket&) = delete;

  datagram_socket& operator=(const datagram_socket&) = delete;

  virtual ~datagram_socket() = default;

  /// Where it is.
  [[nodiscard]] virtual udp_place local() const = 0;

  /// Where it leads to, if it was opened for one remote.
  [[nodiscard]] virtual udp_place remote() const = 0;

  /// Starts calling back when the socket is ready for `what`. Idempotent.
  virtual void watch(readiness what) = 0;

  /// Stops calling back for `what`. Idempotent.
  virtual void ignore(readiness what) = 0;

  /// Takes datagrams that are there. They are good until the next call, to
  /// whatever socket of the network.
  virtual udp_receiver::outcome receive() = 0;

  /// Sends datagrams. @param segment as in `udp_sender::send`.
  virtual udp_sender::outcome send(const udp_route& route, byte_view data,
                                   size_t segment)
      = 0;
};

/// Where a transport over datagrams listens and dials: the network of the
/// kernel, or a simulated one. It calls back in the context of the transport,
/// and outlives its sockets.
class datagram_network {
public:
  datagram_network() = default;

  datagram_network(const datagram_network&) = delete;

  datagram_network& operator=(const datagram_network&) = delete;

  virtual ~datagram_network() = default;

  /// Opens a socket that takes datagrams of everybody. @returns as
  /// `listen_udp`.
  virtual result<std::unique_ptr<datagram_socket>>
  listen(const endpoint& where, datagram_socket::callback ready) = 0;

  /// Opens a socket for one remote. @returns as `connect_udp`.
  virtual result<std::unique_ptr<datagram_socket>>
  connect(const endpoint& where, datagram_socket::callback ready) = 0;
};

} // namespace troupe
