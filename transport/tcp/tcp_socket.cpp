// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/tcp_socket.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/transport/send_window.hpp"

namespace troupe {

namespace {

/// Enough for a burst of dials; the accept loop empties it as it comes.
constexpr int backlog = 256;

struct socket_address {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }

  sockaddr* get() {
    return reinterpret_cast<sockaddr*>(&storage);
  }
};

socket_address to_native(const ip_address& ip, uint16_t port) {
  socket_address result;
  if (ip.is_v4()) {
    auto native = sockaddr_in{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port);
    std::memcpy(&native.sin_addr, ip.bytes().data(), 4);
    std::memcpy(&result.storage, &native, sizeof(native));
    result.size = sizeof(native);
  } else {
    auto native = sockaddr_in6{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(port);
    std::memcpy(&native.sin6_addr, ip.bytes().data(), 16);
    std::memcpy(&result.storage, &native, sizeof(native));
    result.size = sizeof(native);
  }
  return result;
}

endpoint from_native(const socket_address& from) {
  endpoint result;
  result.protocol = mconn_protocol;
  if (from.storage.ss_family == AF_INET) {
    auto native = sockaddr_in{};
    std::memcpy(&native, &from.storage, sizeof(native));
    result.ip
        = ip_address::from_bytes(std::as_bytes(std::span{&native.sin_addr, 1}));
    result.port = ntohs(native.sin_port);
  } else if (from.storage.ss_family == AF_INET6) {
    auto native = sockaddr_in6{};
    std::memcpy(&native, &from.storage, sizeof(native));
    result.ip = ip_address::from_bytes(
        std::as_bytes(std::span{&native.sin6_addr, 1}));
    result.port = ntohs(native.sin6_port);
  }
  return result;
}

void set_flag(int fd, int level, int option, int value) {
  // Each of them improves something but none is needed to work at all.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof(value)));
}

failure validate_tcp(const endpoint& where) {
  if (where.protocol != mconn_protocol && where.protocol != tcp_protocol)
    return {errc::unsupported_protocol,
            fmt::format("endpoint '{}': protocol '{}' is not mconn or tcp",
                        to_string(where), where.protocol)};
  if (!where.ip)
    return {errc::invalid_endpoint,
            fmt::format("endpoint '{}': an IP address is missing",
                        to_string(where))};
  if (!where.path.empty())
    return {
        errc::invalid_endpoint,
        fmt::format("endpoint '{}': a path is not allowed", to_string(where))};
  if (where.ip->is_multicast() || where.ip->is_broadcast())
    return {errc::invalid_endpoint,
            fmt::format("endpoint '{}': not the address of one host",
                        to_string(where))};
  return {};
}

io_result io_failure() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return {};
  return {0, {errc::connection_closed, std::strerror(errno)}};
}

int open_stream_socket(const ip_address& ip) {
  return socket(ip.is_v4() ? AF_INET : AF_INET6,
                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

} // namespace

void unique_socket::reset(int fd) noexcept {
  if (fd_ != none)
    ::close(fd_);
  fd_ = fd;
}

failure validate_tcp_dial(const endpoint& where) {
  return validate_tcp(where);
}

failure validate_tcp_dial(const node_address& where) {
  if (where.protocol != mconn_protocol && where.protocol != tcp_protocol)
    return {};
  auto refuse = [&where](std::string_view why) {
    return failure{errc::invalid_address,
                   fmt::format("address {}: {}",
                               troupe::quoted(to_string(where), 128), why)};
  };
  if (where.hostname.empty())
    return refuse("it has no host");
  if (!where.path.empty())
    return refuse(
        fmt::format("path {} is not allowed", troupe::quoted(where.path)));
  if (auto ip = ip_address::parse(where.hostname);
      ip && (ip->is_multicast() || ip->is_broadcast()))
    return refuse(
        fmt::format("{} is not the address of one host", where.hostname));
  return {};
}

failure validate_tcp_listen(const endpoint& where) {
  return validate_tcp(where);
}

result<unique_socket> listen_tcp(const endpoint& where) {
  if (auto bad = validate_tcp_listen(where); bad.code != errc::none)
    return bad;
  auto fail = [&where] {
    return failure{errc::cannot_listen,
                   fmt::format("cannot listen at {}: {}", to_string(where),
                               std::strerror(errno))};
  };
  auto fd = unique_socket{open_stream_socket(*where.ip)};
  if (!fd)
    return fail();
  set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  // Otherwise `[::]` takes the port of `0.0.0.0` as well, or not, as the system
  // is set up.
  if (where.ip->is_v6())
    set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  auto native = to_native(*where.ip, where.port);
  if (bind(fd.get(), native.get(), native.size) != 0
      || listen(fd.get(), backlog) != 0)
    return fail();
  return fd;
}

result<unique_socket> connect_tcp(const endpoint& where) {
  if (auto bad = validate_tcp_dial(where); bad.code != errc::none)
    return bad;
  auto fail = [&where](errc code) {
    return failure{
        code, fmt::format("{}: {}", to_string(where), std::strerror(errno))};
  };
  auto fd = unique_socket{open_stream_socket(*where.ip)};
  // We are out of descriptors or memory, which says nothing about the remote.
  if (!fd)
    return fail(errc::file_error);
  auto native
      = to_native(*where.ip, where.port != 0 ? where.port : default_port);
  if (connect(fd.get(), native.get(), native.size) != 0 && errno != EINPROGRESS)
    return fail(errc::connection_refused);
  return fd;
}

failure connect_outcome(int fd) {
  int code = 0;
  socklen_t size = sizeof(code);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
    code = errno;
  if (code != 0)
    return {errc::connection_refused, std::strerror(code)};
  return {};
}

accept_result accept_tcp(int listener) {
  auto fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0)
    return {accept_status::accepted, unique_socket{fd}};
  switch (errno) {
    case EAGAIN:
      return {accept_status::drained, {}};
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return {accept_status::closed, {}};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return {accept_status::exhausted, {}};
    default:
      // Linux hands over pending network errors of the new connection.
      return {accept_status::aborted, {}};
  }
}

endpoint local_endpoint_of(int fd) {
  socket_address native;
  native.size = sizeof(native.storage);
  if (getsockname(fd, native.get(), &native.size) != 0)
    return {};
  return from_native(native);
}

endpoint remote_endpoint_of(int fd) {
  socket_address native;
  native.size = sizeof(native.storage);
  if (getpeername(fd, native.get(), &native.size) != 0)
    return {};
  return from_native(native);
}

void finish_tcp(int fd) {
  // Fails only if the connection is gone.
  static_cast<void>(shutdown(fd, SHUT_WR));
}

void abort_tcp(int fd) {
  // Fails only if the other side was faster.
  static_cast<void>(shutdown(fd, SHUT_RDWR));
}

void reset_on_close(int fd) {
  const auto at_once = linger{.l_onoff = 1, .l_linger = 0};
  // If that fails, it is closed the long way.
  static_cast<void>(
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
}

void keep_unsent_short(int fd) {
#ifdef TCP_NOTSENT_LOWAT
  // Sockets of other kinds have no such thing.
  set_flag(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(unsent_max));
#else
  static_cast<void>(fd);
#endif
}

io_result read_some(int fd, byte_span out) {
  auto count = recv(fd, out.data(), out.size(), MSG_DONTWAIT);
  if (count == 0)
    return {0, {errc::connection_closed, {}}};
  return count > 0 ? io_result{static_cast<size_t>(count)} : io_failure();
}

io_result write_some(int fd, byte_view data) {
  auto count
      = ::send(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return count >= 0 ? io_result{static_cast<size_t>(count)} : io_failure();
}

hangup hangup_of(int fd) {
#ifdef POLLRDHUP
  constexpr short half_closed = POLLRDHUP;
#else
  constexpr short half_closed = 0;
#endif
  auto state = pollfd{.fd = fd, .events = half_closed, .revents = 0};
  if (poll(&state, 1, 0) <= 0)
    return hangup::none;
  return (state.revents & half_closed) == state.revents ? hangup::half
                                                        : hangup::full;
}

unique_socket duplicate(int fd) {
  return unique_socket{fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

} // namespace troupe
