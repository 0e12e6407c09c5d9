// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/p256_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>
#include <botan/x509_key.h>

#include "troupe/transport/quic/der_reader.hpp"
#include "troupe/transport/quic/der_writer.hpp"

namespace troupe {

namespace {

constexpr const char* scheme = "EMSA1(SHA-256)";

constexpr size_t scalar_size = 32;
constexpr size_t point_size = 65;

template <class... Octets>
constexpr std::array<std::byte, sizeof...(Octets)> octets_of(Octets... x) {
  return {static_cast<std::byte>(x)...};
}

/// `SubjectPublicKeyInfo`, up to the point: id-ecPublicKey, prime256v1, and a
/// point that is not compressed.
constexpr auto key_info_head
    = octets_of(0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
                0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                0x03, 0x01, 0x07, 0x03, 0x42, 0x00);

/// PKCS #8 of a private key without the public one, up to the former.
constexpr auto short_private_head = octets_of(
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20);

/// The same of both, up to the private key, and between the two.
constexpr auto private_head = octets_of(
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20);
constexpr auto private_middle = octets_of(0xa1, 0x44, 0x03, 0x42, 0x00);

static_assert(key_info_head.size() + point_size == p256_key::key_info_size);
static_assert(private_head.size() + scalar_size + private_middle.size()
                  + point_size
              == p256_key::private_key_size);

/// The order of the group; private keys are numbers from 1 to below it.
constexpr auto group_order = octets_of(
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51);

const uint8_t* octets(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

/// Writes parts one behind the other, which fill `out`.
void join(byte_span out, std::initializer_list<byte_view> parts) {
  auto at = out.begin();
  for (auto part : parts)
    at = std::ranges::copy(part, at).out;
  assert(at == out.end());
}

bool is_private_key(std::span<const std::byte, scalar_size> number) {
  const auto zero = std::ranges::all_of(
      number, [](auto octet) { return octet == std::byte{0}; });
  return !zero && std::ranges::lexicographical_compare(number, group_order);
}

/// The pair of a private key, in Botan's form.
std::unique_ptr<Botan::Private_Key>
load_pair(std::span<const std::byte, scalar_size> secret) {
  secret_array<short_private_head.size() + scalar_size> encoded;
  join(encoded.span(), {short_private_head, secret});
  Botan::DataSource_Memory source{octets(encoded.span()),
                                  encoded.span().size()};
  return Botan::PKCS8::load_key(source);
}

/// Copies a number to the end of 32 bytes. @returns whether it is positive and
/// has no more.
bool copy_number(byte_view from, std::span<uint8_t, scalar_size> to) {
  if (from.empty() || (from[0] & std::byte{0x80}) != std::byte{0})
    return false;
  if (from.size() > 1 && from[0] == std::byte{0}) {
    // A zero is there for the sign only.
    if ((from[1] & std::byte{0x80}) == std::byte{0})
      return false;
    from = from.subspan(1);
  }
  if (from.size() > to.size())
    return false;
  std::ranges::fill(to, uint8_t{0});
  std::copy_n(octets(from), from.size(), to.end() - std::ssize(from));
  return true;
}

/// Reads a signature into Botan's form, two numbers of 32 bytes.
std::optional<std::array<uint8_t, 2 * scalar_size>>
read_signature(byte_view encoded) {
  der_reader all{encoded};
  der_reader parts{all.read(der_tag::sequence)};
  const auto r = parts.read(der_tag::integer);
  const auto s = parts.read(der_tag::integer);
  std::array<uint8_t, 2 * scalar_size> result;
  const auto halves = std::span{result};
  if (!all.done() || !parts.done() || !copy_number(r, halves.first<32>())
      || !copy_number(s, halves.last<32>()))
    return std::nullopt;
  return result;
}

} // namespace

p256_key p256_key::generate(entropy& source) {
  p256_key result;
  do {
    source.fill(result.secret_.span());
  } while (!is_private_key(result.secret_.span()));
  const auto point = load_pair(result.secret_.span())->public_key_bits();
  join(result.key_info_, {key_info_head, std::as_bytes(std::span{point})});
  return result;
}

secret_array<p256_key::private_key_size> p256_key::private_key() const {
  secret_array<private_key_size> result;
  join(result.span(), {private_head, secret_.span(), private_middle,
                       byte_view{key_info_}.last(point_size)});
  return result;
}

bytes p256_key::sign(byte_view message) const {
  auto pair = load_pair(secret_.span());
  // Random numbers only hide from side channels what is computed: the nonce
  // comes from the key and the message.
  auto& blinding = Botan::system_rng();
  Botan::PK_Signer signer{*pair, blinding, scheme};
  const auto numbers
      = signer.sign_message(octets(message), message.size(), blinding);
  assert(numbers.size() == 2 * scalar_size);
  const auto halves = std::as_bytes(std::span{numbers});
  return der_element(der_tag::sequence,
                     {der_integer(halves.first(scalar_size)),
                      der_integer(halves.last(scalar_size))});
}

byte_view p256_public_key(byte_view key_info) noexcept {
  if (key_info.size() != p256_key::key_info_size
      || !std::ranges::equal(key_info.first(key_info_head.size()),
                             key_info_head)
      || key_info[key_info_head.size()] != std::byte{0x04})
    return {};
  return key_info.last(point_size);
}

bool verify_p256(byte_view point, byte_view message, byte_view signature) {
  const auto numbers = read_signature(signature);
  if (!numbers || point.size() != point_size)
    return false;
  try {
    std::vector<uint8_t> key_info(p256_key::key_info_size);
    join(std::as_writable_bytes(std::span{key_info}), {key_info_head, point});
    std::unique_ptr<Botan::Public_Key> key{Botan::X509::load_key(key_info)};
    Botan::PK_Verifier verifier{*key, scheme};
    return verifier.verify_message(octets(message), message.size(),
                                   numbers->data(), numbers->size());
  } catch (const std::exception&) {
    // Botan throws at a point that is not on the curve.
    return false;
  }
}

} // namespace troupe
