// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::bench {

/// A port of 127.0.0.1 where nobody answers, for as long as this lives.
class dead_port {
public:
  enum class kind : uint8_t {
    /// Connecting is refused at once: the port is taken, and does not listen.
    refused,
    /// Connecting takes as long as one waits: the port listens, but its backlog
    /// is full, so that the kernel drops what comes on top.
    silent,
  };

  explicit dead_port(kind how);

  [[nodiscard]] uint16_t number() const {
    return number_;
  }

private:
  unique_socket socket_;
  unique_socket filler_;
  uint16_t number_ = 0;
};

} // namespace troupe::bench
