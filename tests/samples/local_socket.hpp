// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::test {

/// The client's end of a connection, for tests that say what they like.
class raw_socket {
public:
  raw_socket(const raw_socket&) = delete;

  raw_socket& operator=(const raw_socket&) = delete;

  void say(std::string_view text) const;

  /// Everything until the other side closes the connection.
  std::string rest();

  /// Everything until `text` was there.
  std::string until(std::string_view text);

protected:
  explicit raw_socket(int fd) : fd_(fd) {}

  ~raw_socket();

  [[nodiscard]] int fd() const noexcept {
    return fd_;
  }

private:
  bool read_some();

  int fd_;
  std::string got_;
};

/// A connection to a Unix socket.
class local_client : public raw_socket {
public:
  explicit local_client(const std::string& path);
};

/// A connection to a port of loopback.
class port_client : public raw_socket {
public:
  explicit port_client(uint16_t port);
};

/// A Unix socket whose backlog takes connections that nobody serves.
class local_server {
public:
  explicit local_server(const std::string& path);

  local_server(const local_server&) = delete;

  local_server& operator=(const local_server&) = delete;

  ~local_server();

  /// Takes the connections that wait, and closes all but the last one, which
  /// has said something: that one gets `text`.
  void serve(const std::string& text) const;

private:
  int fd_;
};

} // namespace troupe::test
