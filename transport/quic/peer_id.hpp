// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_key.hpp"

namespace troupe {

/// Names a node in libp2p: a multihash of its encoded public key (libp2p spec,
/// "Peer Ids and Keys"). A key of up to 42 bytes stands there itself:
///
///     00 <length> <key>      identity
///     12 20 <32 bytes>       SHA-256
///
/// The ID of an ed25519 node thus holds its key, from which `node_id` follows.
/// The other way there is none.
class peer_id {
public:
  /// Longest key that an ID holds, in bytes.
  static constexpr size_t inlined_key_max = 42;

  /// Longest multihash, in bytes.
  static constexpr size_t size_max = 2 + inlined_key_max;

  /// The ID of whoever owns the key, in libp2p's encoding and of any type.
  static peer_id of(byte_view libp2p_key);

  /// The ID of a node of ours.
  static peer_id of(const ed25519_public_key& key);

  /// Takes a multihash of one of the two kinds, and nothing else.
  static std::optional<peer_id> from_bytes(byte_view multihash);

  /// Parses the two text forms: base58 of the multihash, `12D3KooW...`, and a
  /// CID of version 1 in base32, `bafz...`.
  static std::optional<peer_id> parse(std::string_view text);

  /// The multihash.
  [[nodiscard]] byte_view bytes() const noexcept {
    return byte_view{bytes_}.first(size_);
  }

  /// The key that the ID holds, if it holds one of ed25519.
  [[nodiscard]] std::optional<ed25519_public_key> key() const;

  friend auto operator<=>(const peer_id&, const peer_id&) = default;

private:
  peer_id() = default;

  std::array<std::byte, size_max> bytes_{};
  uint8_t size_ = 0;
};

/// Returns the multihash in base58.
std::string to_string(const peer_id& id);

} // namespace troupe
