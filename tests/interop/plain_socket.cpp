// SPDX-License-Identifier: Apache-2.0
#include "plain_socket.hpp"

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_process.hpp"

namespace troupe::test {

namespace {

int check(ssize_t result, const char* what) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), what);
  return static_cast<int>(result);
}

/// Limits how long reading, writing, accepting and connecting may take.
int limit_time(int fd) {
  timeval limit = {.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  return fd;
}

int make_socket() {
  return limit_time(
      check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in result = {};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

} // namespace

plain_socket::plain_socket(int fd) : fd_(limit_time(fd)) {}

plain_socket plain_socket::connect_to(const std::string& endpoint) {
  const auto port = std::stoul(endpoint.substr(endpoint.rfind(':') + 1));
  plain_socket result{make_socket()};
  auto where = loopback(static_cast<uint16_t>(port));
  check(connect(result.fd_, reinterpret_cast<sockaddr*>(&where), sizeof(where)),
        "connect");
  return result;
}

plain_socket::~plain_socket() {
  if (fd_ >= 0)
    close(fd_);
}

void plain_socket::write(byte_view data) {
  while (!data.empty()) {
    auto count
        = check(send(fd_, data.data(), data.size(), MSG_NOSIGNAL), "send");
    data = data.subspan(static_cast<size_t>(count));
  }
}

bytes plain_socket::read() {
  bytes result(64 * 1024);
  auto count = check(recv(fd_, result.data(), result.size(), 0), "recv");
  result.resize(static_cast<size_t>(count));
  return result;
}

plain_listener::plain_listener() : fd_(make_socket()) {
  auto where = loopback(0);
  check(bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof(where)), "bind");
  check(listen(fd_, 1), "listen");
}

plain_listener::~plain_listener() {
  close(fd_);
}

std::string plain_listener::endpoint() const {
  sockaddr_in where = {};
  socklen_t size = sizeof(where);
  check(getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size),
        "getsockname");
  return "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
}

plain_socket plain_listener::accept() {
  return plain_socket{
      check(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), "accept")};
}

} // namespace troupe::test
