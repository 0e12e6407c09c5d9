// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_key.hpp"

namespace troupe::testing {

// What a simulated handshake says. The types are those of TLS 1.3 (RFC 8446,
// 4), and so is the head of each message: its type, and its size in three
// bytes.

/// Which message it is.
enum class sim_tls_type : uint8_t {
  client_hello = 1,
  server_hello = 2,
  certificate = 11,
  finished = 20,
};

/// Random numbers of one side.
using sim_tls_random = std::array<std::byte, 32>;

/// What a client begins with.
struct sim_client_hello {
  sim_tls_random random{};
  std::vector<std::string> protocols = {};
  bytes parameters = {};
};

/// The answer of a server.
struct sim_server_hello {
  sim_tls_random random{};
};

/// Who somebody is, and that he holds the key of it. Those of servers say as
/// well what TLS has in EncryptedExtensions.
struct sim_certificate {
  ed25519_public_key key{};
  ed25519_signature proof{};
  std::string protocol = {};
  bytes parameters = {};
};

/// Shows that somebody has read what was said.
struct sim_finished {
  std::array<std::byte, 32> sum{};
};

/// Writes a message, with its head.
bytes encode(const sim_client_hello& what);

/// Likewise.
bytes encode(const sim_server_hello& what);

/// Likewise.
bytes encode(const sim_certificate& what);

/// Likewise.
bytes encode(const sim_finished& what);

/// Reads what stands behind the head of a message; nothing if it is malformed.
template <class T>
std::optional<T> decode(byte_view body);

/// Likewise, of a client's first.
template <>
std::optional<sim_client_hello> decode(byte_view body);

/// Likewise, of a server's first.
template <>
std::optional<sim_server_hello> decode(byte_view body);

/// Likewise, of who somebody is.
template <>
std::optional<sim_certificate> decode(byte_view body);

/// Likewise, of the last.
template <>
std::optional<sim_finished> decode(byte_view body);

/// Cuts what arrives into messages.
class sim_tls_inbox {
public:
  /// A message, with its head.
  struct message {
    uint8_t type;
    bytes all;

    [[nodiscard]] byte_view body() const {
      return byte_view{all}.subspan(head_size);
    }
  };

  static constexpr size_t head_size = 4;

  /// Longest message that there is.
  static constexpr size_t size_max = size_t{16} * 1024;

  void add(byte_view data) {
    data_.insert(data_.end(), data.begin(), data.end());
  }

  /// Takes the next message, if all of it is there.
  std::optional<message> next();

  /// Whether what comes is longer than any message.
  [[nodiscard]] bool overlong() const {
    return data_.size() >= head_size && announced() > size_max;
  }

private:
  [[nodiscard]] size_t announced() const;

  bytes data_;
};

} // namespace troupe::testing
