// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

// The certificates of libp2p's handshake (libp2p spec, "libp2p TLS Handshake"):
// self-signed, made for a key that lives as long as the process, with an
// extension in which the node's own key signs that one.

/// What the node's key signs: this, then the `SubjectPublicKeyInfo` of the
/// certificate.
inline constexpr std::string_view certificate_prefix = "libp2p-tls-handshake:";

/// Longest certificate that is looked at, in bytes. Ours have 440.
inline constexpr size_t max_certificate_size = 8192;

/// 1.3.6.1.4.1.53594.1.1, the extension: a `SEQUENCE` of two `OCTET STRING`s,
/// the node's public key as libp2p encodes it, and its signature.
inline constexpr std::array key_extension_id
    = {std::byte{0x2b}, std::byte{0x06}, std::byte{0x01}, std::byte{0x04},
       std::byte{0x01}, std::byte{0x83}, std::byte{0xa2}, std::byte{0x5a},
       std::byte{0x01}, std::byte{0x01}};

/// A certificate, taken apart; nothing of it is verified. All views point into
/// it.
struct certificate_parts {
  /// What the certificate's own signature is about.
  byte_view signed_part;

  /// The content of the `AlgorithmIdentifier` of its signature, and that one.
  byte_view algorithm;
  byte_view signature;

  /// Seconds since 1970.
  int64_t not_before = 0;
  int64_t not_after = 0;

  /// The key of the certificate, with its algorithm: `SubjectPublicKeyInfo`.
  byte_view key_info;

  /// What the extension holds.
  byte_view node_key;
  byte_view node_signature;
};

/// Takes a certificate apart: X.509, version 3 (RFC 5280, section 4.1).
/// @returns `malformed_handshake`, and the context says what is wrong: it is
///          none to its last byte, there is no extension of libp2p or more than
///          one, or another one is critical.
result<certificate_parts> split_certificate(byte_view certificate);

} // namespace troupe
