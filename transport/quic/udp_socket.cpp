// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

/// What a socket holds ahead of us, if the system lets it.
constexpr int buffer_wanted = 4 * 1024 * 1024;

/// Most datagrams that the kernel takes with one call.
constexpr size_t datagrams_max = 64;

struct native_place {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  native_place() = default;

  explicit native_place(const udp_place& where) {
    const auto ip = where.ip.bytes();
    if (where.ip.is_v4()) {
      auto native = sockaddr_in{};
      native.sin_family = AF_INET;
      native.sin_port = htons(where.port);
      std::memcpy(&native.sin_addr, ip.data(), ip.size());
      std::memcpy(&storage, &native, sizeof(native));
      size = sizeof(native);
    } else {
      auto native = sockaddr_in6{};
      native.sin6_family = AF_INET6;
      native.sin6_port = htons(where.port);
      std::memcpy(&native.sin6_addr, ip.data(), ip.size());
      std::memcpy(&storage, &native, sizeof(native));
      size = sizeof(native);
    }
  }

  [[nodiscard]] sockaddr* get() {
    return reinterpret_cast<sockaddr*>(&storage);
  }

  [[nodiscard]] udp_place place() const {
    udp_place result;
    if (storage.ss_family == AF_INET) {
      auto native = sockaddr_in{};
      std::memcpy(&native, &storage, sizeof(native));
      result.ip = *ip_address::from_bytes(
          std::as_bytes(std::span{&native.sin_addr, 1}));
      result.port = ntohs(native.sin_port);
    } else if (storage.ss_family == AF_INET6) {
      auto native = sockaddr_in6{};
      std::memcpy(&native, &storage, sizeof(native));
      result.ip = *ip_address::from_bytes(
          std::as_bytes(std::span{&native.sin6_addr, 1}));
      result.port = ntohs(native.sin6_port);
    }
    return result;
  }
};

void improve(int fd, int level, int option, int value) {
  // Each of them improves something but none is needed to work at all.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof(value)));
}

unique_socket open_socket_for(const ip_address& ip) {
  auto fd = unique_socket{socket(ip.is_v4() ? AF_INET : AF_INET6,
                                 SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd)
    return fd;
  improve(fd.get(), SOL_SOCKET, SO_RCVBUF, buffer_wanted);
  improve(fd.get(), SOL_SOCKET, SO_SNDBUF, buffer_wanted);
  improve(fd.get(), IPPROTO_UDP, UDP_GRO, 1);
  // Datagrams are never cut on their way (RFC 9000, 14).
  if (ip.is_v4()) {
    improve(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    improve(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
  } else {
    // Otherwise `[::]` takes the port of `0.0.0.0` as well, or not, as the
    // system is set up.
    improve(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    improve(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    improve(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  }
  return fd;
}

failure validate_quic(const endpoint& where) {
  auto refuse = [&where](errc code, std::string_view why) {
    return failure{code,
                   fmt::format("endpoint '{}': {}", to_string(where), why)};
  };
  if (where.protocol != quic_protocol)
    return refuse(errc::unsupported_protocol, "the protocol is not quic");
  if (!where.ip)
    return refuse(errc::invalid_endpoint, "an IP address is missing");
  if (!where.path.empty())
    return refuse(errc::invalid_endpoint, "a path is not allowed");
  if (where.ip->is_multicast() || where.ip->is_broadcast())
    return refuse(errc::invalid_endpoint, "not the address of one host");
  return {};
}

/// Room for what stands beside a datagram: an address of ours, and a size.
union control_room {
  cmsghdr align;
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))>
      data;
};

template <class T>
T content_of(const cmsghdr& part) {
  T result;
  std::memcpy(&result, CMSG_DATA(&part), sizeof(result));
  return result;
}

template <class T>
std::optional<ip_address> to_ip(const T& native) {
  return ip_address::from_bytes(std::as_bytes(std::span{&native, 1}));
}

/// Reads what stands beside datagrams.
void read_control(msghdr& from, udp_arrival& to) {
  for (auto* part = CMSG_FIRSTHDR(&from); part != nullptr;
       part = CMSG_NXTHDR(&from, part)) {
    if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO)
      to.segment = static_cast<size_t>(std::max(content_of<int>(*part), 1));
    else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO)
      to.to = to_ip(content_of<in_pktinfo>(*part).ipi_addr);
    else if (part->cmsg_level == IPPROTO_IPV6
             && part->cmsg_type == IPV6_PKTINFO)
      to.to = to_ip(content_of<in6_pktinfo>(*part).ipi6_addr);
  }
}

/// Writes what stands beside datagrams.
class control_writer {
public:
  explicit control_writer(control_room& room) : room_(room) {
    room_.data.fill(0);
  }

  template <class T>
  void add(int level, int type, const T& value) {
    auto part = cmsghdr{};
    part.cmsg_level = level;
    part.cmsg_type = type;
    part.cmsg_len = CMSG_LEN(sizeof(value));
    std::memcpy(&room_.data[size_], &part, sizeof(part));
    std::memcpy(&room_.data[size_ + CMSG_LEN(0)], &value, sizeof(value));
    size_ += CMSG_SPACE(sizeof(value));
  }

  void add_source(const ip_address& ip) {
    if (ip.is_v4()) {
      auto info = in_pktinfo{};
      std::memcpy(&info.ipi_spec_dst, ip.bytes().data(), 4);
      add(IPPROTO_IP, IP_PKTINFO, info);
    } else {
      auto info = in6_pktinfo{};
      std::memcpy(&info.ipi6_addr, ip.bytes().data(), 16);
      add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
  }

  void put_into(msghdr& what) {
    if (size_ == 0)
      return;
    what.msg_control = room_.data.data();
    what.msg_controllen = size_;
  }

private:
  control_room& room_;
  size_t size_ = 0;
};

iovec piece_of(byte_view data) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
  return {const_cast<std::byte*>(data.data()), data.size()};
}

bool is_busy(int code) {
  return code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS
         || code == EINTR;
}

/// Whether the kernel does not cut datagrams, or not these.
bool is_uncut(int code) {
  return code == EINVAL || code == EIO || code == EOPNOTSUPP
         || code == ENOPROTOOPT || code == EMSGSIZE;
}

} // namespace

failure validate_quic_dial(const endpoint& where) {
  return validate_quic(where);
}

failure validate_quic_listen(const endpoint& where) {
  return validate_quic(where);
}

result<unique_socket> listen_udp(const endpoint& where) {
  if (auto bad = validate_quic_listen(where); bad.code != errc::none)
    return bad;
  auto fd = open_socket_for(*where.ip);
  auto native = native_place{{*where.ip, where.port}};
  if (!fd || bind(fd.get(), native.get(), native.size) != 0)
    return {errc::cannot_listen,
            fmt::format("cannot listen at {}: {}", to_string(where),
                        std::strerror(errno))};
  return fd;
}

result<unique_socket> connect_udp(const endpoint& where) {
  if (auto bad = validate_quic_dial(where); bad.code != errc::none)
    return bad;
  auto fail = [&where](errc code) {
    return failure{
        code, fmt::format("{}: {}", to_string(where), std::strerror(errno))};
  };
  auto fd = open_socket_for(*where.ip);
  // We are out of descriptors or memory, which says nothing about the remote.
  if (!fd)
    return fail(errc::file_error);
  auto native
      = native_place{{*where.ip, where.port != 0 ? where.port : default_port}};
  if (connect(fd.get(), native.get(), native.size) != 0)
    return fail(errc::connection_refused);
  return fd;
}

udp_place local_place_of(int fd) {
  native_place native;
  return getsockname(fd, native.get(), &native.size) == 0 ? native.place()
                                                          : udp_place{};
}

udp_place remote_place_of(int fd) {
  native_place native;
  return getpeername(fd, native.get(), &native.size) == 0 ? native.place()
                                                          : udp_place{};
}

// -- receiving ----------------------------------------------------------------

udp_receiver::udp_receiver() : buffer_(batch_max * piece_size) {}

udp_receiver::outcome udp_receiver::receive(int fd) {
  std::array<mmsghdr, batch_max> headers{};
  std::array<iovec, batch_max> pieces{};
  std::array<native_place, batch_max> places;
  std::array<control_room, batch_max> rooms;
  for (size_t i = 0; i < batch_max; ++i) {
    pieces[i] = {&buffer_[i * piece_size], piece_size};
    auto& header = headers[i].msg_hdr;
    header.msg_name = places[i].get();
    header.msg_namelen = places[i].size;
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = rooms[i].data.data();
    header.msg_controllen = rooms[i].data.size();
  }
  const auto found
      = recvmmsg(fd, headers.data(), batch_max, MSG_DONTWAIT, nullptr);
  if (found < 0)
    return {{}, errno == ECONNREFUSED};
  size_t count = 0;
  for (size_t i = 0; i < static_cast<size_t>(found); ++i) {
    auto& header = headers[i].msg_hdr;
    const auto size = size_t{headers[i].msg_len};
    if (size == 0 || (header.msg_flags & MSG_TRUNC) != 0)
      continue;
    auto& to = arrivals_[count++];
    to = {byte_view{buffer_}.subspan(i * piece_size, size), size,
          places[i].place()};
    read_control(header, to);
  }
  return {std::span{arrivals_}.first(count), false};
}

// -- sending ------------------------------------------------------------------

udp_sender::outcome udp_sender::send(int fd, const udp_route& route,
                                     byte_view data, size_t segment) {
  if (!kernel_cuts_ || data.size() <= segment)
    return send_each(fd, route, data, segment);
  return send_together(fd, route, data, segment);
}

udp_sender::outcome udp_sender::send_together(int fd, const udp_route& route,
                                              byte_view data, size_t segment) {
  auto piece = piece_of(data);
  auto header = msghdr{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  auto place = route.to ? native_place{*route.to} : native_place{};
  if (route.to) {
    header.msg_name = place.get();
    header.msg_namelen = place.size;
  }
  control_room room;
  control_writer control{room};
  if (route.from)
    control.add_source(*route.from);
  control.add(IPPROTO_UDP, UDP_SEGMENT, static_cast<uint16_t>(segment));
  control.put_into(header);
  if (sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
    return {data.size()};
  if (is_busy(errno))
    return {0, true};
  if (!is_uncut(errno))
    return {data.size(), false, errno == ECONNREFUSED};
  kernel_cuts_ = errno == EMSGSIZE;
  return send_each(fd, route, data, segment);
}

udp_sender::outcome udp_sender::send_each(int fd, const udp_route& route,
                                          byte_view data, size_t segment) {
  auto place = route.to ? native_place{*route.to} : native_place{};
  control_room room;
  control_writer control{room};
  if (route.from)
    control.add_source(*route.from);
  outcome result;
  while (result.done < data.size()) {
    std::array<mmsghdr, datagrams_max> headers{};
    std::array<iovec, datagrams_max> pieces{};
    size_t count = 0;
    for (auto rest = data.subspan(result.done);
         !rest.empty() && count < datagrams_max; ++count) {
      const auto size = std::min(segment, rest.size());
      pieces[count] = piece_of(rest.first(size));
      rest = rest.subspan(size);
      auto& header = headers[count].msg_hdr;
      header.msg_iov = &pieces[count];
      header.msg_iovlen = 1;
      if (route.to) {
        header.msg_name = place.get();
        header.msg_namelen = place.size;
      }
      control.put_into(header);
    }
    const auto sent = sendmmsg(fd, headers.data(), static_cast<unsigned>(count),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && is_busy(errno)) {
      result.busy = true;
      return result;
    }
    if (sent < 0)
      result.refused = result.refused || errno == ECONNREFUSED;
    // One that fails is as good as lost, and the others get their turn.
    const auto gone = sent < 0 ? size_t{1} : static_cast<size_t>(sent);
    result.done = std::min(result.done + gone * segment, data.size());
  }
  return result;
}

} // namespace troupe
