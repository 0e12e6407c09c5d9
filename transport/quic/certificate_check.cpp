// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/certificate_check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "troupe/transport/quic/certificate_parts.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/p256_key.hpp"

namespace troupe {

namespace {

failure refused(errc code, const char* what) {
  return {code, std::string{"certificate: "} + what};
}

/// `SubjectPublicKeyInfo` of a key of Ed25519, up to the key (RFC 8410).
constexpr std::array ed25519_info
    = {std::byte{0x30}, std::byte{0x2a}, std::byte{0x30}, std::byte{0x05},
       std::byte{0x06}, std::byte{0x03}, std::byte{0x2b}, std::byte{0x65},
       std::byte{0x70}, std::byte{0x03}, std::byte{0x21}, std::byte{0x00}};

/// Its `AlgorithmIdentifier`: the object ID 1.3.101.112.
constexpr std::array ed25519_algorithm
    = {std::byte{0x06}, std::byte{0x03}, std::byte{0x2b}, std::byte{0x65},
       std::byte{0x70}};

/// Whether the certificate is signed with its own key.
failure check_own_signature(const certificate_parts& parts) {
  auto verified = false;
  if (auto key = p256_public_key(parts.key_info);
      !key.empty() && std::ranges::equal(parts.algorithm, ecdsa_with_sha256)) {
    verified = verify_p256(key, parts.signed_part, parts.signature);
  } else if (parts.key_info.size() == ed25519_info.size() + 32
             && std::ranges::equal(parts.key_info.first(ed25519_info.size()),
                                   ed25519_info)
             && std::ranges::equal(parts.algorithm, ed25519_algorithm)) {
    ed25519_public_key point;
    std::ranges::copy(parts.key_info.subspan(ed25519_info.size()),
                      point.begin());
    verified = verify(point, parts.signed_part, parts.signature);
  } else {
    return refused(errc::unsupported_key_type,
                   "its own key is of another kind than P-256 and Ed25519");
  }
  return verified ? failure{}
                  : refused(errc::invalid_signature,
                            "it is not signed with its own key");
}

/// Whether the node has signed the certificate's key.
failure check_node_signature(const certificate_parts& parts,
                             const ed25519_public_key& key) {
  const auto prefix = std::as_bytes(std::span{certificate_prefix});
  bytes message{prefix.begin(), prefix.end()};
  message.insert(message.end(), parts.key_info.begin(), parts.key_info.end());
  if (verify(key, message, parts.node_signature))
    return {};
  return refused(errc::invalid_signature, "the node has not signed its key");
}

} // namespace

result<certified_node> check_certificates(std::span<const byte_view> presented,
                                          wall_time now) {
  if (presented.size() != 1)
    return refused(errc::malformed_handshake,
                   presented.empty() ? "there is none" : "there are several");
  auto parts = split_certificate(presented[0]);
  if (!parts)
    return parts.error();
  // What tells most comes first, and what costs most last.
  auto key = decode_libp2p_key(parts->node_key);
  if (!key)
    return key.error();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now)
                           .time_since_epoch()
                           .count();
  if (seconds < parts->not_before)
    return refused(errc::malformed_handshake, "it is not valid yet");
  if (seconds > parts->not_after)
    return refused(errc::malformed_handshake, "it has expired");
  if (auto bad = check_own_signature(*parts); bad.code != errc::none)
    return bad;
  if (auto bad = check_node_signature(*parts, *key); bad.code != errc::none)
    return bad;
  return certified_node{*key, node_id::of(*key)};
}

} // namespace troupe
