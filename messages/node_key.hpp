// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/secret_array.hpp"

namespace troupe {

/// The public half of a node's identity: an ed25519 point as it is encoded in
/// RFC 8032. Its hash is the node's ID.
using ed25519_public_key = std::array<std::byte, 32>;

/// An ed25519 signature, R then S (RFC 8032).
using ed25519_signature = std::array<std::byte, 64>;

/// The long-term identity of a node: an ed25519 key pair. What it signs proves
/// to a peer that the node owns its ID (spec p2p, "Authenticated Encryption
/// Handshake").
///
/// A value: copies are independent, the secret is overwritten when one goes
/// away, and `const` members may run on several threads at once.
class node_key {
public:
  /// Draws a new key.
  static node_key generate(entropy& source);

  /// The key that grows from `seed` (RFC 8032, 5.1.5).
  static node_key from_seed(std::span<const std::byte, 32> seed);

  /// The first 20 bytes of SHA-256 over the public key.
  [[nodiscard]] node_id id() const {
    return node_id::of(public_key_);
  }

  [[nodiscard]] const ed25519_public_key& public_key() const noexcept {
    return public_key_;
  }

  /// The private half. Whoever copies it has to overwrite the copy.
  [[nodiscard]] std::span<const std::byte, 32> seed() const noexcept {
    return seed_.span();
  }

  /// Signs `message` as it is: no prehash, no context (RFC 8032, 5.1.6).
  [[nodiscard]] ed25519_signature sign(byte_view message) const;

private:
  node_key(const secret_array<32>& seed, const ed25519_public_key& public_key)
    : seed_(seed),
      public_key_(public_key) {}

  secret_array<32> seed_;
  ed25519_public_key public_key_;
};

/// Whether a public key, in whatever encoding, is one of the eight points of
/// small order (RFC 8032, 5.1.7; RFC 7748, 7). Anybody can make signatures that
/// verify under it, so it identifies nobody.
bool has_small_order(const ed25519_public_key& public_key);

/// Checks an ed25519 signature of any length: `false` unless it has 64 bytes,
/// S is below the order of the group, and it verifies. Who the key identifies
/// is another question: see `has_small_order`.
bool verify(const ed25519_public_key& public_key, byte_view message,
            byte_view signature);

// -- node_key.json ------------------------------------------------------------

/// Prints `key` as CometBFT's `node_key.json`, one line without a newline:
///
///     {"priv_key":{"type":"tendermint/PrivKeyEd25519","value":"BASE64"}}
///
/// where the value holds the seed, then the public key. The text is secret.
std::string to_json(const node_key& key);

/// Reads what `to_json` prints. Fields that are not ours are ignored, among
/// them the `id` that Tendermint 0.35 writes.
/// @returns `invalid_key`; the context says what is wrong, without the key.
result<node_key> parse_node_key(std::string_view text);

/// Reads a `node_key.json` of at most 64 KiB.
/// @returns `file_error` or `invalid_key`; the context names `path`.
result<node_key> load_node_key(const std::filesystem::path& path);

/// Writes a `node_key.json` that only its owner may read (mode 0600). An
/// existing file is never touched. The file gets its name once its content has
/// reached the disk: there is no moment at which half a key stands there. Who
/// kills the process meanwhile may find a draft, `.NAME.XXXXXX`, beside it.
/// @returns `file_error`, whose context names `path`; `none` on success.
failure save_node_key(const std::filesystem::path& path, const node_key& key);

} // namespace troupe
