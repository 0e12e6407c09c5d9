// SPDX-License-Identifier: Apache-2.0
#include "stranger.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "raider.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/quic/gnutls_tls.hpp"
#include "troupe/transport/quic/troupe1_session.hpp"

namespace troupe::bench {

namespace {

using namespace std::chrono_literals;

/// How long those wait who say no more, for what the node repeats, and how long
/// the others try to get in.
constexpr auto wait_max = 5s;

/// Most that waits to be sent.
constexpr size_t unsent_max = size_t{128} * 1024;

sockaddr_in loopback(uint32_t address, uint16_t port) {
  auto result = sockaddr_in{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address);
  return result;
}

time_point now_of_clock() {
  return std::chrono::steady_clock::now();
}

std::shared_ptr<const quic_credentials> identity_of(const node_key& key,
                                                    entropy& random) {
  auto made = make_gnutls_credentials(key, {"troupe/1"}, random,
                                      system_wall_clock{}.now());
  if (!made)
    throw std::runtime_error("no certificate");
  return *made;
}

std::unique_ptr<quic_connection> dial(const quic_credentials& who,
                                      quic_sink& sink, entropy& random,
                                      time_point now) {
  auto tls = who.open(direction::outbound, system_wall_clock{}.now());
  if (!tls)
    throw std::runtime_error("no TLS");
  auto made = quic_connection::dial(troupe1_limits(), std::move(*tls), sink,
                                    random, now);
  if (!made)
    throw std::runtime_error("no connection");
  return std::move(*made);
}

/// Hears nothing.
struct deaf_sink final : quic_sink {
  void on_established() override {}
  void on_data(stream_id, byte_view, bool) override {}
  void on_reset(stream_id, uint64_t) override {}
  void on_stopped(stream_id) override {}
  void on_sent(stream_id, uint64_t) override {}
  void on_closed(stream_id, std::optional<uint64_t>) override {}
};

/// Whether a datagram asks where we are (RFC 9000, 17.2.5).
bool is_retry(byte_view datagram) {
  return !datagram.empty()
         && (std::to_integer<unsigned>(datagram[0]) & 0xf0U) == 0xf0U;
}

} // namespace

unique_socket socket_of_stranger(uint16_t port, size_t number) {
  auto result = unique_socket{
      socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto subnet = static_cast<uint32_t>(number % 60'000);
  auto from = loopback(0x7f010001U + (subnet << 8), 0);
  auto to = loopback(0x7f000001U, port);
  if (!result
      || bind(result.get(), reinterpret_cast<sockaddr*>(&from), sizeof(from))
             != 0
      || connect(result.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to))
             != 0)
    throw std::runtime_error("no socket");
  return result;
}

bytes stranger::first_datagram(const quic_credentials& who, entropy& random,
                               time_point now) {
  deaf_sink sink;
  auto connection = dial(who, sink, random, now);
  auto batch = connection->produce(now);
  if (!batch)
    throw std::runtime_error("no first datagram");
  return {batch->data.begin(), batch->data.end()};
}

stranger::stranger(uint16_t port, size_t number, aim what)
  : aim_(what),
    key_(node_key::generate(random_)),
    socket_(socket_of_stranger(port, number)),
    began_(now_of_clock()) {
  const auto identity = identity_of(key_, random_);
  connection_ = dial(*identity, *this, random_, began_);
  if (aim_ != aim::stop)
    connection_->proceed([](const certified_node&) { return failure{}; },
                         began_);
  send(began_);
}

stranger::~stranger() {
  if (!connection_->established() || connection_->ended())
    return;
  connection_->close(0, {});
  send(now_of_clock());
}

void stranger::turn(time_point now) {
  receive(now);
  if (silent_)
    return;
  connection_->tick(now);
  feed();
  send(now);
}

bool stranger::over(time_point now) const {
  return connection_->ended().has_value()
         || (!(aim_ == aim::stream && connection_->established())
             && now >= began_ + wait_max);
}

void stranger::receive(time_point now) {
  std::array<std::byte, 2048> buffer;
  for (;;) {
    const auto size = recv(fd(), buffer.data(), buffer.size(), 0);
    if (size <= 0)
      return;
    const auto data = byte_view{buffer}.first(static_cast<size_t>(size));
    received_ += data.size();
    if (is_retry(data))
      proven_ = true;
    else if (aim_ == aim::stop)
      silent_ = true;
    if (!silent_)
      connection_->receive(data, now);
  }
}

void stranger::send(time_point now) {
  while (auto batch = connection_->produce(now))
    batch->each([this](byte_view data) {
      // What the kernel does not take is as good as lost.
      if (::send(fd(), data.data(), data.size(), MSG_NOSIGNAL) > 0)
        sent_ += data.size();
    });
}

void stranger::on_established() {
  auto info = node_info{.node_id = to_string(key_.id()),
                        .listen_addr = "tcp://127.0.0.1:0",
                        .network = siege_network,
                        .channels = {ping_channel, list_channel},
                        .moniker = "stranger"};
  bytes hello;
  append_delimited(hello, encode(info));
  if (auto control = connection_->open_uni())
    connection_->write({.stream = *control, .head = std::move(hello)});
  for (uint32_t i = 0; i < 256; ++i) {
    // Those that the node has come first.
    const auto channel = static_cast<channel_id>(ping_channel + i);
    const auto stream = connection_->open_uni();
    if (!stream)
      return;
    bytes head{std::byte{channel}};
    append_uvarint(head, siege_message_max);
    connection_->write({.stream = *stream, .head = std::move(head)});
    endless_.push_back(*stream);
    ++begun_;
  }
}

void stranger::on_data(stream_id stream, byte_view data, bool) {
  connection_->consume(stream, data.size());
}

/// Goes on with all messages, mostly with those of the channels that the node
/// has, whose windows hold most of it back. None gets to its end.
void stranger::feed() {
  static const auto little = shared_bytes{bytes(16)};
  static const auto much = shared_bytes{bytes(size_t{16} * 1024)};
  if (endless_.empty() || connection_->unsent() > unsent_max)
    return;
  for (auto stream : endless_)
    connection_->write({.stream = stream, .body = little});
  if (fed_ >= siege_message_max / 2)
    return;
  fed_ += much.size();
  for (size_t i = 0; i < 2 && i < endless_.size(); ++i)
    connection_->write({.stream = endless_[i], .body = much});
}

} // namespace troupe::bench
