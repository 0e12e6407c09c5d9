// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/tcp/socket_io.hpp"

namespace troupe {

/// A connection that is there, and that nobody reads yet. It ends with this
/// object unless `connect` was called.
class open_socket {
public:
  open_socket() = default;

  open_socket(const open_socket&) = delete;

  open_socket& operator=(const open_socket&) = delete;

  virtual ~open_socket() = default;

  /// Absent if the connection is gone already.
  [[nodiscard]] virtual std::optional<ip_address> remote_ip() const = 0;

  /// Lets it end with a reset: the remote learns at once, and nothing of it
  /// stays behind.
  virtual void refuse() = 0;

  /// Makes a connection over it, which takes it over.
  virtual connection_actor connect() = 0;
};

/// Where connections are accepted, until it goes away: those that wait then are
/// reset.
class listening_socket {
public:
  /// A connection that waited, or why there is none.
  struct outcome {
    accept_status status;
    std::unique_ptr<open_socket> socket = {};
  };

  listening_socket() = default;

  listening_socket(const listening_socket&) = delete;

  listening_socket& operator=(const listening_socket&) = delete;

  virtual ~listening_socket() = default;

  /// With the real port.
  [[nodiscard]] virtual endpoint where() const = 0;

  /// Starts calling back when somebody may be waiting. Idempotent.
  virtual void watch() = 0;

  /// Stops calling back. Idempotent.
  virtual void ignore() = 0;

  /// Takes a connection that waits.
  virtual outcome accept() = 0;
};

/// An attempt to connect, which is given up when this goes away.
class dialing_socket {
public:
  /// Called once, never from within `dial`. May let the attempt go away.
  using callback = std::function<void(result<std::unique_ptr<open_socket>>)>;

  dialing_socket() = default;

  dialing_socket(const dialing_socket&) = delete;

  dialing_socket& operator=(const dialing_socket&) = delete;

  virtual ~dialing_socket() = default;
};

/// Where a transport listens and dials: the network of the kernel, or a
/// simulated one. It calls back in the context of the transport.
class stream_network {
public:
  stream_network() = default;

  stream_network(const stream_network&) = delete;

  stream_network& operator=(const stream_network&) = delete;

  virtual ~stream_network() = default;

  /// Listens. @returns `cannot_listen`, `invalid_endpoint` or
  /// `unsupported_protocol` if that fails.
  virtual result<std::unique_ptr<listening_socket>>
  listen(const endpoint& where, std::function<void()> ready) = 0;

  /// Starts to connect. @returns `connection_refused`, `invalid_endpoint` or
  /// `unsupported_protocol` if that fails at once; later failures are called
  /// back.
  virtual result<std::unique_ptr<dialing_socket>>
  dial(const endpoint& where, dialing_socket::callback done) = 0;
};

} // namespace troupe
