// SPDX-License-Identifier: Apache-2.0
#include "dead_port.hpp"

#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace troupe::bench {

namespace {

void check(bool good, const char* what) {
  if (good)
    return;
  std::perror(what);
  std::exit(1);
}

unique_socket tcp_socket() {
  unique_socket result{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  check(static_cast<bool>(result), "socket");
  return result;
}

} // namespace

dead_port::dead_port(kind how) : socket_(tcp_socket()) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  check(bind(socket_.get(), generic, size) == 0, "bind");
  check(getsockname(socket_.get(), generic, &size) == 0, "getsockname");
  number_ = ntohs(address.sin_port);
  if (how == kind::refused)
    return;
  check(listen(socket_.get(), 0) == 0, "listen");
  filler_ = tcp_socket();
  check(connect(filler_.get(), generic, size) == 0, "connect");
}

} // namespace troupe::bench
