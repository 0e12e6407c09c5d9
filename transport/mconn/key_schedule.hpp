// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/secret_array.hpp"

namespace troupe {

/// A u-coordinate on Curve25519, little endian (RFC 7748).
using x25519_public_key = std::array<std::byte, 32>;

/// One ephemeral X25519 key pair (RFC 7748).
class x25519_key {
public:
  /// @param secret 32 random bytes; clamping happens inside.
  explicit x25519_key(std::span<const std::byte, 32> secret);

  x25519_key(x25519_key&&) noexcept;

  x25519_key& operator=(x25519_key&&) noexcept;

  ~x25519_key();

  [[nodiscard]] const x25519_public_key& public_key() const noexcept {
    return public_key_;
  }

  /// Computes the secret shared with the owner of `remote`. Bit 255 of `remote`
  /// is ignored and values above the prime are reduced.
  /// @returns `low_order_point` if the result is all zero: anybody could
  /// compute it.
  [[nodiscard]] errc agree(std::span<const std::byte, 32> remote,
                           secret_array<32>& shared) const;

private:
  struct implementation;

  std::unique_ptr<implementation> impl_;
  x25519_public_key public_key_;
};

/// HKDF with SHA-256 (RFC 5869), extract and expand; fills all of `out`, at
/// most 255 * 32 bytes.
void hkdf_sha256(byte_view secret, byte_view salt, byte_view info,
                 byte_span out);

/// The keys of the two directions of a SecretConnection.
struct frame_keys {
  secret_array<32> recv;
  secret_array<32> send;
};

/// Whether our ephemeral public key sorts before the remote's.
enum class key_order { local_first, remote_first };

/// Compares two public keys as byte strings, first byte most significant.
/// Requires that they differ.
key_order order_of(const x25519_public_key& local,
                   const x25519_public_key& remote) noexcept;

/// Derives the frame keys from the shared secret. The side whose key sorts
/// first receives with the first half of the output.
frame_keys derive_frame_keys(const secret_array<32>& shared, key_order order);

/// The challenge that both sides sign: a hash over both ephemeral keys, the
/// lower one first, and their shared secret.
secret_array<32> derive_challenge(const x25519_public_key& lower,
                                  const x25519_public_key& upper,
                                  const secret_array<32>& shared);

} // namespace troupe
