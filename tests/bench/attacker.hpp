// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "troupe/messages/bytes.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::bench {

/// Floods a port of loopback with connections from a few addresses. Every
/// second one stays silent until it is thrown out; the others begin a
/// handshake, which costs the node a key agreement, and do not go on.
class attacker {
public:
  using clock = std::chrono::steady_clock;

  struct options {
    uint16_t port = 0;

    /// 127.0.1.1, 127.0.1.2, ...
    size_t addresses = 4;

    size_t connects_per_second = 2000;

    /// How long a connection is held that nobody closes.
    std::chrono::milliseconds patience{5000};
  };

  explicit attacker(const options& what);

  /// Floods for that long.
  void run(std::chrono::seconds span);

  /// Connections that were begun.
  [[nodiscard]] size_t attempts() const noexcept {
    return attempts_;
  }

  /// Those that the node closed, or did not take in the first place.
  [[nodiscard]] size_t thrown_out() const noexcept {
    return thrown_out_;
  }

  /// Most that were open at once.
  [[nodiscard]] size_t open_max() const noexcept {
    return open_max_;
  }

private:
  struct connection {
    unique_socket socket;
    clock::time_point since;
    bool silent;
  };

  void connect();
  /// Says what there is to say and lets go of what is over.
  void look_after(clock::time_point now);

  options options_;
  bytes opening_;
  std::deque<connection> open_;
  size_t attempts_ = 0;
  size_t thrown_out_ = 0;
  size_t open_max_ = 0;
};

} // namespace troupe::bench
