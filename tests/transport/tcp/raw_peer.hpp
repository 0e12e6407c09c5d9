// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::test {

/// A remote at the other end of a plain, blocking socket, which can do
/// everything that a well-behaved one would not. IPv4 only.
class raw_peer {
public:
  raw_peer() = default;

  /// @param from any address of loopback, to be somebody else.
  explicit raw_peer(const endpoint& where,
                    const ip_address& from = ip_address::v4(127, 0, 0, 1))
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto own = native(0);
    std::memcpy(&own.sin_addr, from.bytes().data(), 4);
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&own), sizeof(own)) != 0)
      throw std::runtime_error("cannot bind");
    auto limit = timeval{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    auto to = native(where.port);
    // Who is reset as soon as he is accepted may hear of it here already, and
    // is one who was let in and reads nothing.
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0
        && errno != ECONNRESET)
      throw std::runtime_error(fmt::format("cannot connect: errno {}", errno));
  }

  static sockaddr_in native(uint16_t port) {
    auto result = sockaddr_in{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return result;
  }

  /// @returns `false` if the connection is gone.
  bool write(byte_view data) {
    while (!data.empty()) {
      auto count = ::send(fd_.get(), data.data(), data.size(), MSG_NOSIGNAL);
      if (count <= 0)
        return false;
      data = data.subspan(static_cast<size_t>(count));
    }
    return true;
  }

  /// Reads what there is. @returns nothing at the end of the stream.
  bytes read() {
    bytes result(64 * 1024);
    auto count = ::recv(fd_.get(), result.data(), result.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("the other side says nothing");
    result.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return result;
  }

  /// Reads until the other side hangs up.
  void wait_for_end() {
    while (!read().empty())
      ;
  }

  void close() {
    fd_.reset();
  }

  /// Hangs up with a reset instead of a goodbye.
  void reset() {
    auto now = linger{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fd_.reset();
  }

  // -- as a node --------------------------------------------------------------

  /// Completes a handshake. @returns why it failed.
  errc handshake(const node_key& key, const node_info& info) {
    std::array<std::byte, 32> secret{};
    secret.fill(std::byte{0x42});
    auto shake = mconn_handshake{key, secret, info, {}};
    if (!write(shake.start()))
      return errc::connection_closed;
    while (!shake.done()) {
      auto input = read();
      if (input.empty())
        return errc::connection_closed;
      bytes output;
      if (auto bad = shake.consume(input, output); bad.code != errc::none)
        return bad.code;
      if (!write(output))
        return errc::connection_closed;
    }
    writer_.emplace(shake.take_writer());
    reader_.emplace(shake.take_reader());
    plaintext_ = shake.take_plaintext();
    return errc::none;
  }

  /// Seals bytes as frames.
  bytes seal(byte_view plaintext) {
    bytes result(frame_writer::sealed_size(plaintext.size()));
    writer_->begin(result);
    writer_->append(plaintext);
    size_t size = 0;
    if (writer_->finish(size) != errc::none)
      throw std::runtime_error("cannot seal");
    result.resize(size);
    return result;
  }

  /// Sends bytes sealed.
  bool write_sealed(byte_view plaintext) {
    return write(seal(plaintext));
  }

  /// Returns exactly `size` decrypted bytes.
  bytes read_sealed(size_t size) {
    while (plaintext_.size() < size) {
      auto input = read();
      if (input.empty())
        throw std::runtime_error("the other side hung up");
      auto code = reader_->read(input, [this](byte_view chunk) {
        plaintext_.insert(plaintext_.end(), chunk.begin(), chunk.end());
        return errc::none;
      });
      if (code != errc::none)
        throw std::runtime_error("cannot decrypt");
    }
    auto end = plaintext_.begin() + static_cast<ptrdiff_t>(size);
    auto result = bytes(plaintext_.begin(), end);
    plaintext_.erase(plaintext_.begin(), end);
    return result;
  }

  [[nodiscard]] int fd() const {
    return fd_.get();
  }

private:
  unique_socket fd_;
  std::optional<frame_writer> writer_;
  std::optional<frame_reader> reader_;
  bytes plaintext_;
};

/// Accepts `remote` and shakes hands with it.
inline std::unique_ptr<connection_end> shake_hands(raw_peer& remote,
                                                   node_end& node) {
  auto end = node.accept().get();
  auto answer = end->ask_handshake(node.info);
  auto key = key_of(99);
  REQUIRE(remote.handshake(key, info_of(key.id())) == errc::none);
  answer.receive([](const handshake_result&) {},
                 [](const caf::error& e) { FAIL(to_string(e)); });
  return end;
}

/// Accepts `remote`, shakes hands with it and starts our end.
inline std::unique_ptr<connection_end> greet(raw_peer& remote, node_end& node) {
  auto end = shake_hands(remote, node);
  REQUIRE_FALSE(end->start());
  return end;
}

} // namespace troupe::test
