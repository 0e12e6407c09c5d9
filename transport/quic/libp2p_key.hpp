// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Largest public key that `decode_libp2p_key` looks at, in bytes: more than
/// one of RSA with 8192 bits takes.
inline constexpr size_t max_libp2p_key_size = 2048;

/// Returns a public key as libp2p writes it (libp2p spec, "Peer Ids and Keys"):
///
///     08 01              Type = Ed25519
///     12 20 <32 bytes>   Data
bytes encode_libp2p_key(const ed25519_public_key& key);

/// Reads what `encode_libp2p_key` writes. A key has one encoding only, since
/// IDs are hashes of it.
/// @returns `unsupported_key_type` for a key of another type,
///          `low_order_point` for one that identifies nobody, and
///          `malformed_handshake` for all that is no key.
result<ed25519_public_key> decode_libp2p_key(byte_view encoded);

} // namespace troupe
