// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <caf/io/broker.hpp>

#include "troupe/transport/tcp/stream_socket.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Owns a socket and tells when it is ready, on CAF's I/O thread and through
/// CAF's own multiplexer.
///
/// CAF's doormen and scribes do not do for us: they connect synchronously, do
/// not report failed accepts, and a scribe that gets new read credit in the
/// same turn of the loop in which it ran out never reads again.
///
/// Belongs to a broker: create and use it there. It may be destroyed anywhere,
/// since a broker to which nobody holds a handle any more ends on the thread
/// that dropped the last one. The callback may destroy the watch. The actor
/// system does not end before the loop has let go of the socket.
class socket_watch {
public:
  /// Called when the socket is ready or in error: the next system call tells
  /// which. Not called once the broker is gone.
  using callback = stream_socket::callback;

  /// Watches nothing to begin with.
  socket_watch(caf::io::broker* owner, unique_socket fd, callback ready);

  socket_watch(socket_watch&&) noexcept = default;

  socket_watch& operator=(socket_watch&&) noexcept = default;

  ~socket_watch() = default;

  [[nodiscard]] int fd() const;

  /// Has `what` called with the descriptor right before that is closed, on the
  /// I/O thread, when the loop looks at the socket no more.
  void at_end(void (*what)(int));

  /// Starts calling back when the socket is ready for `what`. Idempotent.
  void watch(readiness what);

  /// Stops calling back for `what`. Idempotent.
  void ignore(readiness what);

private:
  class handler;

  struct detach {
    void operator()(handler* ptr) const;
  };

  std::unique_ptr<handler, detach> handler_;
};

} // namespace troupe
