// SPDX-License-Identifier: Apache-2.0
//
//     when : 8 bytes, nanoseconds       before : 0 to 20 bytes
//     proof : 16 bytes of HMAC-SHA-256 over all that it is about
#include "troupe/transport/quic/retry_token.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <botan/mac.h>
#include <botan/mem_ops.h>

namespace troupe {

namespace {

constexpr size_t when_size = 8;
constexpr size_t proof_size = 16;

const uint8_t* octets(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

void append(bytes& to, uint64_t number, size_t size) {
  for (auto i = size; i-- > 0;)
    to.push_back(static_cast<std::byte>(number >> (8 * i)));
}

/// With its size in front, so that none is taken for another.
void append(bytes& to, byte_view part) {
  append(to, part.size(), 1);
  to.insert(to.end(), part.begin(), part.end());
}

std::array<std::byte, proof_size>
prove(byte_view content, const retry_claim& about, const reset_secret& secret) {
  // What resets are made of is no token, whatever the secret.
  constexpr std::string_view label = "troupe retry";
  bytes all;
  append(all, std::as_bytes(std::span{label}));
  append(all, about.version, 4);
  append(all, about.where.ip.bytes());
  append(all, about.where.port, 2);
  append(all, about.own.bytes());
  append(all, content);
  auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
  mac->set_key(octets(secret), secret.size());
  mac->update(octets(all), all.size());
  const auto sum = mac->final();
  std::array<std::byte, proof_size> result;
  std::ranges::copy(std::as_bytes(std::span{sum}).first(proof_size),
                    result.begin());
  return result;
}

} // namespace

bytes write_retry_token(const retry_claim& about, const connection_id& before,
                        const reset_secret& secret, time_point now) {
  bytes result;
  append(result, static_cast<uint64_t>(now.time_since_epoch().count()),
         when_size);
  const auto id = before.bytes();
  result.insert(result.end(), id.begin(), id.end());
  const auto proof = prove(result, about, secret);
  result.insert(result.end(), proof.begin(), proof.end());
  return result;
}

std::optional<connection_id>
read_retry_token(byte_view token, const retry_claim& about,
                 const reset_secret& secret, duration age_max, time_point now) {
  constexpr auto least = when_size + proof_size;
  if (token.size() < least || token.size() > least + connection_id::size_max)
    return std::nullopt;
  const auto content = token.first(token.size() - proof_size);
  const auto proof = prove(content, about, secret);
  if (!Botan::constant_time_compare(octets(proof),
                                    octets(token.last(proof_size)), proof_size))
    return std::nullopt;
  uint64_t when = 0;
  for (auto x : content.first(when_size))
    when = when << 8 | static_cast<uint64_t>(x);
  const auto made = time_point{duration{static_cast<int64_t>(when)}};
  if (made > now || now - made > age_max)
    return std::nullopt;
  return connection_id{content.subspan(when_size)};
}

} // namespace troupe
