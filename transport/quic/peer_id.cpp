// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/peer_id.hpp"

#include <algorithm>

#include <botan/hash.h>

#include "troupe/transport/quic/base58.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"

namespace troupe {

namespace {

constexpr auto identity_code = std::byte{0x00};
constexpr auto sha256_code = std::byte{0x12};
constexpr size_t sha256_size = 32;

/// Decodes base32 without padding, in lower case (RFC 4648, section 6). Bits
/// that are left over have to be zero.
std::optional<bytes> decode_base32(std::string_view text) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  bytes result;
  unsigned held = 0;
  unsigned bits = 0;
  for (auto character : text) {
    const auto digit = digits.find(character);
    if (digit == std::string_view::npos)
      return std::nullopt;
    held = (held << 5 | static_cast<unsigned>(digit)) & 0xfff;
    bits += 5;
    if (bits < 8)
      continue;
    bits -= 8;
    result.push_back(static_cast<std::byte>(held >> bits));
    held &= (1u << bits) - 1;
  }
  if (bits >= 5 || held != 0)
    return std::nullopt;
  return result;
}

} // namespace

peer_id peer_id::of(byte_view libp2p_key) {
  peer_id result;
  if (libp2p_key.size() <= inlined_key_max) {
    result.bytes_[0] = identity_code;
    result.bytes_[1] = static_cast<std::byte>(libp2p_key.size());
    std::ranges::copy(libp2p_key, result.bytes_.begin() + 2);
    result.size_ = static_cast<uint8_t>(2 + libp2p_key.size());
    return result;
  }
  result.bytes_[0] = sha256_code;
  result.bytes_[1] = static_cast<std::byte>(sha256_size);
  auto sha256 = Botan::HashFunction::create_or_throw("SHA-256");
  sha256->update(reinterpret_cast<const uint8_t*>(libp2p_key.data()),
                 libp2p_key.size());
  sha256->final(reinterpret_cast<uint8_t*>(result.bytes_.data()) + 2);
  result.size_ = 2 + sha256_size;
  return result;
}

peer_id peer_id::of(const ed25519_public_key& key) {
  return of(byte_view{encode_libp2p_key(key)});
}

std::optional<peer_id> peer_id::from_bytes(byte_view multihash) {
  if (multihash.size() < 2 || multihash.size() > size_max
      || std::to_integer<size_t>(multihash[1]) != multihash.size() - 2)
    return std::nullopt;
  const auto known
      = multihash[0] == identity_code
        || (multihash[0] == sha256_code && multihash.size() == 2 + sha256_size);
  if (!known)
    return std::nullopt;
  peer_id result;
  std::ranges::copy(multihash, result.bytes_.begin());
  result.size_ = static_cast<uint8_t>(multihash.size());
  return result;
}

std::optional<peer_id> peer_id::parse(std::string_view text) {
  if (text.size() > max_base58_size)
    return std::nullopt;
  if (!text.starts_with('b')) {
    auto multihash = decode_base58(text);
    return multihash ? from_bytes(*multihash) : std::nullopt;
  }
  auto cid = decode_base32(text.substr(1));
  // Version 1, content type "libp2p-key".
  if (!cid || cid->size() < 2 || (*cid)[0] != std::byte{0x01}
      || (*cid)[1] != std::byte{0x72})
    return std::nullopt;
  return from_bytes(byte_view{*cid}.subspan(2));
}

std::optional<ed25519_public_key> peer_id::key() const {
  if (bytes_[0] != identity_code)
    return std::nullopt;
  auto key = decode_libp2p_key(bytes().subspan(2));
  return key ? std::optional{*key} : std::nullopt;
}

std::string to_string(const peer_id& id) {
  return encode_base58(id.bytes());
}

} // namespace troupe
