// SPDX-License-Identifier: Apache-2.0
#include "local_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child.hpp"

namespace troupe::test {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

int open_socket(int family) {
  auto fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    fail("socket");
  return fd;
}

sockaddr_un local_address(const std::string& path) {
  sockaddr_un result = {};
  result.sun_family = AF_UNIX;
  if (path.size() >= sizeof(result.sun_path))
    throw std::runtime_error("a path too long for a test");
  std::copy(path.begin(), path.end(), result.sun_path);
  return result;
}

int connect_locally(const std::string& path) {
  auto fd = open_socket(AF_UNIX);
  auto to = local_address(path);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0)
    fail("connect");
  return fd;
}

int connect_to_port(uint16_t port) {
  auto fd = open_socket(AF_INET);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0)
    fail("connect");
  return fd;
}

void wait_for_input(int fd) {
  constexpr auto limit
      = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  pollfd wanted{fd, POLLIN, 0};
  if (poll(&wanted, 1, static_cast<int>(limit.count())) != 1)
    throw std::runtime_error("nothing came");
}

} // namespace

raw_socket::~raw_socket() {
  close(fd_);
}

void raw_socket::say(std::string_view text) const {
  if (send(fd_, text.data(), text.size(), MSG_NOSIGNAL)
      != static_cast<ssize_t>(text.size()))
    fail("send");
}

std::string raw_socket::rest() {
  while (read_some()) {
  }
  return std::exchange(got_, {});
}

std::string raw_socket::until(std::string_view text) {
  while (got_.find(text) == std::string::npos)
    if (!read_some())
      throw std::runtime_error("the end came before, behind: " + got_);
  auto end = got_.find(text) + text.size();
  auto result = got_.substr(0, end);
  got_.erase(0, end);
  return result;
}

bool raw_socket::read_some() {
  wait_for_input(fd_);
  std::array<char, 4096> buffer;
  auto count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count <= 0)
    return false;
  got_.append(buffer.data(), static_cast<size_t>(count));
  return true;
}

local_client::local_client(const std::string& path)
  : raw_socket(connect_locally(path)) {}

port_client::port_client(uint16_t port) : raw_socket(connect_to_port(port)) {}

local_server::local_server(const std::string& path)
  : fd_(open_socket(AF_UNIX)) {
  auto where = local_address(path);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof(where)) != 0
      || listen(fd_, 8) != 0)
    fail("listen");
}

local_server::~local_server() {
  close(fd_);
}

void local_server::serve(const std::string& text) const {
  for (;;) {
    wait_for_input(fd_);
    auto connection = accept(fd_, nullptr, nullptr);
    std::array<char, 1024> ignored;
    // Who gave up before has closed its end, or closes it now.
    auto alive = recv(connection, ignored.data(), ignored.size(), 0) > 0
                 && send(connection, text.data(), text.size(), MSG_NOSIGNAL)
                        == static_cast<ssize_t>(text.size());
    close(connection);
    if (alive)
      return;
  }
}

} // namespace troupe::test
