// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/libp2p_key.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "troupe/messages/wire_reader.hpp"

namespace troupe {

namespace {

constexpr std::array ed25519_head
    = {std::byte{0x08}, std::byte{0x01}, std::byte{0x12}, std::byte{0x20}};

/// The types that libp2p knows, by number.
constexpr std::array type_names = {"RSA", "Ed25519", "Secp256k1", "ECDSA"};

/// What is wrong with a key that is not one of ours.
failure explain(byte_view encoded) {
  wire_reader in{encoded};
  const auto type
      = in.next() && in.field() == 1 ? in.varint() : type_names.size();
  const auto has_data = in.next() && in.field() == 2 && !in.view().empty();
  const auto ended = !in.next() && in.ok();
  if (!has_data || !ended || type >= type_names.size() || type == 1)
    return {errc::malformed_handshake, "the node key is no public key"};
  return {errc::unsupported_key_type, std::string{"the node key is "}
                                          + type_names[type]
                                          + ", expected Ed25519"};
}

} // namespace

bytes encode_libp2p_key(const ed25519_public_key& key) {
  bytes result(ed25519_head.size() + key.size());
  std::copy(
      key.begin(), key.end(),
      std::copy(ed25519_head.begin(), ed25519_head.end(), result.begin()));
  return result;
}

result<ed25519_public_key> decode_libp2p_key(byte_view encoded) {
  ed25519_public_key key;
  if (encoded.size() > max_libp2p_key_size)
    return failure{errc::malformed_handshake, "the node key is too long"};
  if (encoded.size() != ed25519_head.size() + key.size()
      || !std::ranges::equal(encoded.first(ed25519_head.size()), ed25519_head))
    return explain(encoded);
  std::ranges::copy(encoded.subspan(ed25519_head.size()), key.begin());
  if (has_small_order(key))
    return failure{errc::low_order_point,
                   "the node key is a point of small order"};
  return key;
}

} // namespace troupe
