// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/key_schedule.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include <botan/kdf.h>
#include <botan/secmem.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "troupe/messages/libcrypto.hpp"
#include "troupe/transport/mconn/merlin_transcript.hpp"

namespace troupe {

namespace {

void require(bool ok) {
  require_libcrypto(ok, "X25519");
}

template <class T>
libcrypto_ptr<T> required(T* made) {
  require(made != nullptr);
  return libcrypto_ptr<T>{made};
}

const uint8_t* octets(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
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

// A fifth faster than Botan, of which each handshake has two.

struct x25519_key::implementation {
  libcrypto_ptr<EVP_PKEY> key;
};

x25519_key::x25519_key(std::span<const std::byte, 32> secret)
  : impl_(new implementation{required(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_X25519, nullptr, octets(secret), secret.size()))}) {
  auto size = public_key_.size();
  require(EVP_PKEY_get_raw_public_key(
              impl_->key.get(), reinterpret_cast<uint8_t*>(public_key_.data()),
              &size)
          == 1);
}

x25519_key::x25519_key(x25519_key&&) noexcept = default;

x25519_key& x25519_key::operator=(x25519_key&&) noexcept = default;

x25519_key::~x25519_key() = default;

errc x25519_key::agree(std::span<const std::byte, 32> remote,
                       secret_array<32>& shared) const {
  const auto theirs = required(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_X25519, nullptr, octets(remote), remote.size()));
  const auto context = required(EVP_PKEY_CTX_new(impl_->key.get(), nullptr));
  require(EVP_PKEY_derive_init(context.get()) == 1
          && EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1);
  auto size = shared.span().size();
  // The library refuses a secret that is all zero. If it fails otherwise, what
  // it was given is untouched, and the remote's key is as good as any.
  std::ranges::fill(shared.span(), std::byte{0xff});
  // What is wrong with that key concerns nobody else on this thread.
  ERR_set_mark();
  const auto agreed = EVP_PKEY_derive(
      context.get(), reinterpret_cast<uint8_t*>(shared.span().data()), &size);
  ERR_pop_to_mark();
  if (agreed == 1)
    return errc::none;
  require(std::ranges::all_of(shared.span(),
                              [](std::byte x) { return x == std::byte{0}; }));
  return errc::low_order_point;
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
