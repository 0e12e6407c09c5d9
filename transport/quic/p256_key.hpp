// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/secret_array.hpp"

namespace troupe {

/// The algorithm of its signatures, in an `AlgorithmIdentifier`: the object ID
/// 1.2.840.10045.4.3.2, without parameters.
inline constexpr std::array ecdsa_with_sha256
    = {std::byte{0x06}, std::byte{0x08}, std::byte{0x2a}, std::byte{0x86},
       std::byte{0x48}, std::byte{0xce}, std::byte{0x3d}, std::byte{0x04},
       std::byte{0x03}, std::byte{0x02}};

/// A key pair of ECDSA on the curve P-256, the kind that every TLS can verify
/// (FIPS 186-4). For certificates: a node's own key is another one.
class p256_key {
public:
  /// Bytes of a private key in PKCS #8.
  static constexpr size_t private_key_size = 138;

  /// Bytes of a public key in `SubjectPublicKeyInfo`.
  static constexpr size_t key_info_size = 91;

  /// Draws a new key.
  static p256_key generate(entropy& source);

  /// The public key with its algorithm (RFC 5480).
  [[nodiscard]] const std::array<std::byte, key_info_size>&
  key_info() const noexcept {
    return key_info_;
  }

  /// The pair in PKCS #8 (RFC 5958), as TLS libraries read it. Secret.
  [[nodiscard]] secret_array<private_key_size> private_key() const;

  /// Signs `message`, hashed with SHA-256. The same message always has the same
  /// signature (RFC 6979).
  /// @returns a `SEQUENCE` of two `INTEGER`s (RFC 3279, 2.2.3).
  [[nodiscard]] bytes sign(byte_view message) const;

private:
  p256_key() = default;

  secret_array<32> secret_;
  std::array<std::byte, key_info_size> key_info_{};
};

/// Returns the point of a public key in `SubjectPublicKeyInfo`, 65 bytes; empty
/// if that is not one of P-256, by the curve's name and not compressed.
byte_view p256_public_key(byte_view key_info) noexcept;

/// Checks a signature as `p256_key::sign` makes it. `false` if it, or the
/// point, is malformed.
bool verify_p256(byte_view point, byte_view message, byte_view signature);

} // namespace troupe
