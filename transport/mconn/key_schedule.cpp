// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/key_schedule.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <botan/kdf.h>
#include <botan/secmem.h>
#if __has_include(<botan/x25519.h>)
#  include <botan/x25519.h>
#else
#  include <botan/curve25519.h>
#endif

#include "troupe/transport/mconn/merlin_transcript.hpp"

namespace troupe {

namespace {

#if __has_include(<botan/x25519.h>)
using private_key = Botan::X25519_PrivateKey;
#else
using private_key = Botan::Curve25519_PrivateKey;
#endif

const uint8_t* octets(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

/// Takes as long for every input, since the input is secret.
bool is_zero(byte_view data) {
  auto bits = std::byte{0};
  for (auto value : data)
    bits |= value;
  return bits == std::byte{0};
}

/// `Kdf` is always `Botan::KDF`. A template, because only then may a branch
/// name what the installed release does not have.
template <class Kdf>
Botan::secure_vector<uint8_t> expand(const Kdf& kdf, byte_view secret,
                                     byte_view salt, byte_view info,
                                     size_t size) {
  using octet_view = std::span<const uint8_t>;
  if constexpr (requires(octet_view v) { kdf.derive_key(size, v, v, v); })
    return kdf.derive_key(size, octet_view{octets(secret), secret.size()},
                          octet_view{octets(salt), salt.size()},
                          octet_view{octets(info), info.size()});
  else
    return kdf.derive_key(size, octets(secret), secret.size(), octets(salt),
                          salt.size(), octets(info), info.size());
}

} // namespace

// -- X25519 -------------------------------------------------------------------

struct x25519_key::implementation {
  private_key key;
};

x25519_key::x25519_key(std::span<const std::byte, 32> secret)
  : impl_(new implementation{private_key{
      Botan::secure_vector<uint8_t>(octets(secret), octets(secret) + 32)}}) {
  auto encoded = impl_->key.public_value();
  assert(encoded.size() == public_key_.size());
  std::ranges::copy(std::as_bytes(std::span{encoded}), public_key_.begin());
}

x25519_key::x25519_key(x25519_key&&) noexcept = default;

x25519_key& x25519_key::operator=(x25519_key&&) noexcept = default;

x25519_key::~x25519_key() = default;

errc x25519_key::agree(std::span<const std::byte, 32> remote,
                       secret_array<32>& shared) const {
  auto agreed = impl_->key.agree(octets(remote), remote.size());
  auto content = std::as_bytes(std::span{agreed});
  assert(content.size() == shared.span().size());
  if (is_zero(content))
    return errc::low_order_point;
  std::ranges::copy(content, shared.span().begin());
  return errc::none;
}

// -- derived secrets ----------------------------------------------------------

void hkdf_sha256(byte_view secret, byte_view salt, byte_view info,
                 byte_span out) {
  auto kdf = Botan::KDF::create_or_throw("HKDF(SHA-256)");
  auto derived = expand(*kdf, secret, salt, info, out.size());
  assert(derived.size() == out.size());
  std::ranges::copy(std::as_bytes(std::span{derived}), out.begin());
}

key_order order_of(const x25519_public_key& local,
                   const x25519_public_key& remote) noexcept {
  auto difference = std::memcmp(local.data(), remote.data(), local.size());
  assert(difference != 0);
  return difference < 0 ? key_order::local_first : key_order::remote_first;
}

frame_keys derive_frame_keys(const secret_array<32>& shared, key_order order) {
  constexpr std::string_view info
      = "TENDERMINT_SECRET_CONNECTION_KEY_AND_CHALLENGE_GEN";
  // The reference derives 32 bytes more and drops them.
  secret_array<64> derived;
  hkdf_sha256(shared.span(), {}, std::as_bytes(std::span{info}),
              derived.span());
  std::span<const std::byte, 64> keys = derived.span();
  secret_array<32> first{keys.first<32>()};
  secret_array<32> second{keys.last<32>()};
  if (order == key_order::local_first)
    return {.recv = first, .send = second};
  return {.recv = second, .send = first};
}

secret_array<32> derive_challenge(const x25519_public_key& lower,
                                  const x25519_public_key& upper,
                                  const secret_array<32>& shared) {
  merlin_transcript transcript{"TENDERMINT_SECRET_CONNECTION_TRANSCRIPT_HASH"};
  transcript.append("EPHEMERAL_LOWER_PUBLIC_KEY", lower);
  transcript.append("EPHEMERAL_UPPER_PUBLIC_KEY", upper);
  transcript.append("DH_SECRET", shared.span());
  secret_array<32> challenge;
  transcript.challenge("SECRET_CONNECTION_MAC", challenge.span());
  return challenge;
}

} // namespace troupe
