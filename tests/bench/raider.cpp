// SPDX-License-Identifier: Apache-2.0
#include "raider.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "troupe/messages/entropy.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"

namespace troupe::bench {

namespace {

sockaddr_in loopback(uint8_t subnet, uint8_t host, uint16_t port) {
  auto result = sockaddr_in{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr
      = htonl(0x7f000000 | uint32_t{subnet} << 8 | uint32_t{host});
  return result;
}

time_point now() {
  return std::chrono::steady_clock::now();
}

std::array<std::byte, 32> secret() {
  system_entropy random;
  std::array<std::byte, 32> result{};
  random.fill(result);
  return result;
}

node_key new_key() {
  system_entropy random;
  return node_key::generate(random);
}

} // namespace

std::vector<channel_descriptor> siege_channels() {
  return {{.id = ping_channel, .recv_message_capacity = siege_message_max},
          {.id = list_channel, .recv_message_capacity = siege_message_max}};
}

raider::raider(uint16_t port, uint8_t host)
  : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
    key_(new_key()) {
  auto from = loopback(1, host, 0);
  auto to = loopback(0, 1, port);
  const int on = 1;
  setsockopt(fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  auto limit = timeval{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (!socket_
      || bind(fd(), reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0
      // Reset right after it was accepted: it shows at the first write.
      || (connect(fd(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0
          && errno != ECONNRESET))
    throw std::runtime_error("cannot connect");
}

bool raider::write_all(byte_view data) {
  while (!data.empty()) {
    auto count = ::send(fd(), data.data(), data.size(), MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    data = data.subspan(static_cast<size_t>(count));
  }
  return true;
}

bytes raider::read_some() {
  bytes result(64 * 1024);
  auto count = recv(fd(), result.data(), result.size(), 0);
  result.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return result;
}

bool raider::send_garbage() {
  auto handshake = mconn_handshake{key_, secret(), {}, {}};
  if (!write_all(handshake.start()) || read_some().empty())
    return false;
  if (!write_all(bytes(2 * frame_sealed_size, std::byte{0x5a})))
    return false;
  // Its sealed answer may come first.
  while (!read_some().empty())
    ;
  return true;
}

bool raider::shake_hands() {
  auto info = node_info{.node_id = to_string(key_.id()),
                        .listen_addr = "tcp://127.0.0.1:0",
                        .network = siege_network,
                        .channels = {ping_channel, list_channel},
                        .moniker = "raider"};
  auto handshake = mconn_handshake{key_, secret(), std::move(info), {}};
  if (!write_all(handshake.start()))
    return false;
  while (!handshake.done()) {
    auto input = read_some();
    bytes output;
    if (input.empty() || handshake.consume(input, output).code != errc::none
        || !write_all(output))
      return false;
  }
  mconn_stream_options options;
  options.send_rate.reset();
  options.recv_rate.reset();
  stream_.emplace(options, siege_channels(), handshake.take_writer(),
                  handshake.take_reader(), now());
  fcntl(fd(), F_SETFL, fcntl(fd(), F_GETFL) | O_NONBLOCK);
  return stream_->receive_plaintext(handshake.take_plaintext(), now())
         == errc::none;
}

void raider::send(channel_id channel, const shared_bytes& body) {
  queued_ += message_cost(body.size());
  static_cast<void>(stream_->send({channel, body}));
}

bool raider::turn(const manners& how) {
  if (how.reads && !receive())
    return false;
  if (!how.writes)
    return true;
  if (!flush())
    return false;
  if (!unsent_.empty())
    return true;
  if (auto size = stream_->burst_size(now())) {
    unsent_.resize(size);
    size_t sealed = 0;
    if (stream_->write_burst(unsent_, now(), sealed) != errc::none)
      return false;
    unsent_.resize(sealed);
    for (const auto& sent : stream_->take_sent())
      queued_ -= std::min(queued_, sent.cost);
  }
  return flush();
}

bool raider::flush() {
  while (offset_ < unsent_.size()) {
    auto count = ::send(fd(), unsent_.data() + offset_,
                        unsent_.size() - offset_, MSG_NOSIGNAL);
    if (count < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK;
    offset_ += static_cast<size_t>(count);
    bytes_sent_ += static_cast<size_t>(count);
  }
  unsent_.clear();
  offset_ = 0;
  return true;
}

bool raider::receive() {
  std::array<std::byte, 64 * 1024> buffer;
  auto count = recv(fd(), buffer.data(), buffer.size(), 0);
  if (count < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK;
  if (count == 0
      || stream_->receive(byte_span{buffer}.first(static_cast<size_t>(count)),
                          now())
             != errc::none)
    return false;
  static_cast<void>(stream_->take_inbound());
  return true;
}

} // namespace troupe::bench
