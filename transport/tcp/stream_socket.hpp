// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "troupe/messages/bytes.hpp"
#include "troupe/transport/tcp/socket_io.hpp"

namespace troupe {

/// What a socket is ready for.
enum class readiness { read, write };

/// One end of a connection as a byte stream sees it: a socket of the kernel, or
/// of a simulated network. Nothing in it waits.
class stream_socket {
public:
  /// Called when the socket is ready, or in error: the next call tells which.
  /// Called again as long as that is true and watched for.
  using callback = std::function<void(readiness)>;

  stream_socket() = default;

  stream_socket(const stream_socket&) = delete;

  stream_socket& operator=(const stream_socket&) = delete;

  /// Ends both directions. What the network took is still sent.
  virtual ~stream_socket() = default;

  /// Starts calling back. Idempotent.
  virtual void watch(readiness what) = 0;

  /// Stops calling back. Idempotent.
  virtual void ignore(readiness what) = 0;

  /// Reads what is there, at most `out.size()` bytes.
  virtual io_result read(byte_span out) = 0;

  /// Writes what the network takes.
  virtual io_result write(byte_view data) = 0;

  /// Tells the remote that nothing more comes, behind what was written. It can
  /// still be read from.
  virtual void finish() = 0;

  /// Drops what the network holds and has not sent. The remote is told with a
  /// reset that the connection is gone.
  virtual void abandon() = 0;

  /// Says whether the remote has hung up, without reading.
  [[nodiscard]] virtual hangup hung_up() const = 0;
};

/// Makes the socket of a byte stream, which calls back in the context of its
/// actor.
using stream_socket_maker
    = std::function<std::unique_ptr<stream_socket>(stream_socket::callback)>;

} // namespace troupe
