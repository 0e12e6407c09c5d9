// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <exception>
#include <memory>

#include <botan/base64.h>
#include <botan/ed25519.h>
#include <botan/pubkey.h>
#include <botan/rng.h>
#include <botan/secmem.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "troupe/messages/libcrypto.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"

namespace troupe {

namespace {

constexpr std::string_view key_type = "tendermint/PrivKeyEd25519";

/// Far above any real file; keeps a wrong path from filling the memory.
constexpr size_t max_file_size = 64 * 1024;

const uint8_t* octets(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

/// Botan's name for the key that grows from a seed depends on its release. A
/// template, because only then may the other branch name what does not exist.
template <class Key>
Key key_from_seed(byte_view seed) {
  Botan::secure_vector<uint8_t> secret(octets(seed),
                                       octets(seed) + seed.size());
  if constexpr (requires { Key::from_seed(secret); })
    return Key::from_seed(secret);
  else
    return Key{secret};
}

/// The same for the seed with the public key behind it, which saves computing
/// the latter again.
template <class Key>
Key key_from_pair(byte_view seed, byte_view public_key) {
  Botan::secure_vector<uint8_t> secret(octets(seed),
                                       octets(seed) + seed.size());
  secret.insert(secret.end(), octets(public_key),
                octets(public_key) + public_key.size());
  if constexpr (requires { Key::from_bytes(secret); })
    return Key::from_bytes(secret);
  else
    return Key{secret};
}

/// Whether the little-endian number S is below the order of the group, 2^252 +
/// 27742317777372353535851937790883648493. Otherwise S + order would be a
/// second signature for the same message, which some releases of Botan accept.
bool is_reduced(std::span<const std::byte, 32> s) {
  constexpr std::array<uint8_t, 32> order
      = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
         0xa2, 0xde, 0xf9, 0xde, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};
  auto bytes = octets(s);
  return std::lexicographical_compare(
      std::make_reverse_iterator(bytes + s.size()),
      std::make_reverse_iterator(bytes), order.rbegin(), order.rend());
}

/// The lower 255 bits of a point, its y coordinate; the last bit is a sign.
using y_coordinate = std::array<uint8_t, 32>;

/// Those of the points whose order divides 8, and what else Botan takes for one
/// of them, as numbers from 2^255 - 19 on are reduced.
constexpr std::array<y_coordinate, 7> small_order_points{{
    // 0: two points of order 4
    {},
    // 1: the neutral element
    {0x01},
    // four points of order 8
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    // -1: the point of order 2
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    // 2^255 - 19, which is 0
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    // 2^255 - 18, which is 1
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
}};

} // namespace

// -- keys and signatures ------------------------------------------------------

node_key node_key::generate(entropy& source) {
  secret_array<32> seed;
  source.fill(seed.span());
  return from_seed(seed.span());
}

node_key node_key::from_seed(std::span<const std::byte, 32> seed) {
  auto pair = key_from_seed<Botan::Ed25519_PrivateKey>(seed);
  auto encoded = pair.public_key_bits();
  ed25519_public_key public_key;
  assert(encoded.size() == public_key.size());
  std::ranges::copy(std::as_bytes(std::span{encoded}), public_key.begin());
  return node_key{secret_array<32>{seed}, public_key};
}

ed25519_signature node_key::sign(byte_view message) const {
  auto pair
      = key_from_pair<Botan::Ed25519_PrivateKey>(seed_.span(), public_key_);
  // The nonce of an ed25519 signature comes from the key and the message.
  Botan::Null_RNG no_randomness;
  Botan::PK_Signer signer{pair, no_randomness, "Pure"};
  auto encoded
      = signer.sign_message(octets(message), message.size(), no_randomness);
  ed25519_signature signature;
  assert(encoded.size() == signature.size());
  std::ranges::copy(std::as_bytes(std::span{encoded}), signature.begin());
  return signature;
}

bool has_small_order(const ed25519_public_key& public_key) {
  y_coordinate y;
  std::copy_n(octets(public_key), y.size(), y.begin());
  y.back() &= 0x7f;
  return std::ranges::find(small_order_points, y) != small_order_points.end();
}

bool verify(const ed25519_public_key& public_key, byte_view message,
            byte_view signature) {
  if (signature.size() != 64 || !is_reduced(signature.last<32>()))
    return false;
  // A seventh faster than Botan, and the slowest step of a handshake. What is
  // wrong with a key or a signature concerns nobody else on this thread.
  ERR_set_mark();
  const libcrypto_ptr<EVP_PKEY> key{EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, octets(public_key), public_key.size())};
  const libcrypto_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  const auto ready = key && context
                     && EVP_DigestVerifyInit(context.get(), nullptr, nullptr,
                                             nullptr, key.get())
                            == 1;
  const auto valid
      = ready
        && EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                            octets(message), message.size())
               == 1;
  ERR_pop_to_mark();
  // Without memory or with a broken installation, which is not the fault of
  // whoever signed.
  require_libcrypto(ready, "Ed25519");
  return valid;
}

// -- node_key.json ------------------------------------------------------------

std::string to_json(const node_key& key) {
  secret_array<64> pair;
  std::ranges::copy(key.seed(), pair.span().begin());
  std::ranges::copy(key.public_key(), pair.span().begin() + 32);
  auto value = Botan::base64_encode(octets(pair.span()), pair.span().size());
  auto text = fmt::format(R"({{"priv_key":{{"type":"{}","value":"{}"}}}})",
                          key_type, value);
  scrub(std::as_writable_bytes(std::span{value}));
  return text;
}

namespace {

failure invalid(std::string_view what) {
  return {errc::invalid_key, fmt::format("node key: {}", what)};
}

/// Decodes the value of "priv_key": the seed, then the public key.
result<node_key> decode_pair(std::string_view value) {
  Botan::secure_vector<uint8_t> pair;
  try {
    // Botan would let missing padding pass, CometBFT does not.
    if (value.size() % 4 != 0)
      return invalid("priv_key.value is not base64");
    pair = Botan::base64_decode(value.data(), value.size(), false);
  } catch (const std::exception&) {
    return invalid("priv_key.value is not base64");
  }
  if (pair.size() != 64)
    return invalid(
        fmt::format("priv_key.value has {} bytes, expected 64", pair.size()));
  auto content = std::as_bytes(std::span{pair});
  auto key = node_key::from_seed(content.first<32>());
  // Signing with a foreign public half would give the secret half away.
  if (!std::ranges::equal(key.public_key(), content.last<32>()))
    return invalid("priv_key.value ends in another key's public half");
  return key;
}

} // namespace

result<node_key> parse_node_key(std::string_view text) {
  auto root = nlohmann::json::parse(text, nullptr, false);
  if (!root.is_object())
    return invalid("not a JSON object");
  auto entry = root.find("priv_key");
  if (entry == root.end() || !entry->is_object())
    return invalid("priv_key is missing or not an object");
  auto type = entry->find("type");
  if (type == entry->end() || !type->is_string())
    return invalid("priv_key.type is missing or not a string");
  auto& name = type->get_ref<const std::string&>();
  if (name != key_type)
    return invalid(fmt::format("priv_key.type is {}, expected \"{}\"",
                               troupe::quoted(name), key_type));
  auto value = entry->find("value");
  if (value == entry->end() || !value->is_string())
    return invalid("priv_key.value is missing or not a string");
  auto& encoded = value->get_ref<std::string&>();
  auto key = decode_pair(encoded);
  scrub(std::as_writable_bytes(std::span{encoded}));
  return key;
}

// -- files --------------------------------------------------------------------

result<node_key> load_node_key(const std::filesystem::path& path) {
  auto text = read_whole_file(path, max_file_size);
  if (!text)
    return text.error();
  auto key = parse_node_key(*text);
  scrub(std::as_writable_bytes(std::span{*text}));
  if (!key)
    return {key.code(),
            fmt::format("{}: {}", path.string(), key.error().context)};
  return key;
}

failure save_node_key(const std::filesystem::path& path, const node_key& key) {
  auto text = to_json(key);
  auto outcome = write_new_file(path, text);
  scrub(std::as_writable_bytes(std::span{text}));
  return outcome;
}

} // namespace troupe
