// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/transport/quic/peer_id.hpp"

namespace troupe {

/// Where a node listens with QUIC, as libp2p writes it: a multiaddr (libp2p
/// spec, "Addressing"). Those of other transports, and those that go through
/// other nodes, have no such form.
struct quic_multiaddr {
  ip_address ip;
  uint16_t port = 0;

  /// Who is to answer there, if that is said.
  std::optional<peer_id> peer = {};

  friend bool operator==(const quic_multiaddr&, const quic_multiaddr&)
      = default;
};

/// Longest multiaddr that is looked at, in bytes.
inline constexpr size_t max_multiaddr_size = 128;

/// Returns the binary form: parts of a number, which is a uvarint, and a value.
///
///     04 <4 bytes>                  /ip4/127.0.0.1, or
///     29 <16 bytes>                 /ip6/::1
///     91 02 <port, big endian>      /udp/26656
///     cd 03                         /quic-v1
///     a5 03 <length> <multihash>    /p2p/12D3KooW..., if there is a peer
bytes encode_multiaddr(const quic_multiaddr& where);

/// Reads what `encode_multiaddr` writes; nothing for any other address.
std::optional<quic_multiaddr> decode_multiaddr(byte_view encoded);

} // namespace troupe
