// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "troupe/messages/bytes.hpp"

namespace troupe::test {

/// A blocking TCP socket on loopback, to run the pure cores of the protocol
/// over without any actor. Whatever takes longer than the tests have patience,
/// or fails, throws.
class plain_socket {
public:
  /// Connects to `127.0.0.1:PORT`.
  static plain_socket connect_to(const std::string& endpoint);

  plain_socket(plain_socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

  plain_socket& operator=(plain_socket&&) = delete;

  ~plain_socket();

  void write(byte_view data);

  /// Reads what there is, at most 64 KiB; nothing at the end of the stream.
  bytes read();

private:
  friend class plain_listener;

  explicit plain_socket(int fd);

  int fd_;
};

/// Listens on a free port of 127.0.0.1.
class plain_listener {
public:
  plain_listener();

  plain_listener(const plain_listener&) = delete;

  plain_listener& operator=(const plain_listener&) = delete;

  ~plain_listener();

  /// `127.0.0.1:PORT`.
  [[nodiscard]] std::string endpoint() const;

  plain_socket accept();

private:
  int fd_;
};

} // namespace troupe::test
