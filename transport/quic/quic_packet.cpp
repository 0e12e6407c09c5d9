// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_packet.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "troupe/transport/quic/quic_state.hpp"
#include "troupe/transport/quic/retry_token.hpp"

namespace troupe {

namespace {

/// Most bytes of what is written here.
constexpr size_t answer_max = 256;

/// A stateless reset is no shorter than this (RFC 9000, 10.3), and no longer
/// than it takes to look like a packet.
constexpr size_t reset_min = 5 + NGTCP2_STATELESS_RESET_TOKENLEN;
constexpr size_t reset_max = reset_min + 22;

uint8_t* raw_out(byte_span data) {
  return reinterpret_cast<uint8_t*>(data.data());
}

/// Cuts what the library has written to its size.
bytes cut(bytes data, ngtcp2_ssize size) {
  data.erase(data.begin() + std::max<ngtcp2_ssize>(size, 0), data.end());
  return data;
}

} // namespace

std::optional<packet_target> read_target(byte_view datagram) {
  ngtcp2_version_cid found;
  const auto code = ngtcp2_pkt_decode_version_cid(
      &found, raw(datagram), datagram.size(), connection_id::own_size);
  if ((code != 0 && code != NGTCP2_ERR_VERSION_NEGOTIATION)
      || found.dcidlen > connection_id::size_max
      || found.scidlen > connection_id::size_max)
    return std::nullopt;
  packet_target result{connection_id{found.dcid, found.dcidlen}};
  result.is_long = (datagram[0] & std::byte{0x80}) != std::byte{0};
  if (result.is_long)
    result.from = connection_id{found.scid, found.scidlen};
  result.foreign = code == NGTCP2_ERR_VERSION_NEGOTIATION;
  return result;
}

std::optional<quic_initial> read_initial(byte_view datagram) {
  ngtcp2_pkt_hd header;
  if (datagram.size() < initial_size_min
      || ngtcp2_accept(&header, raw(datagram), datagram.size()) != 0)
    return std::nullopt;
  quic_initial result;
  result.version = header.version;
  result.to = connection_id{header.dcid.data, header.dcid.datalen};
  result.from = connection_id{header.scid.data, header.scid.datalen};
  const auto token = token_of(header);
  result.token.assign(token.begin(), token.end());
  return result;
}

bytes write_versions(const packet_target& about, entropy& random) {
  bytes result(answer_max);
  const auto versions = std::array{uint32_t{NGTCP2_PROTO_VER_V1}};
  const auto to = about.from.bytes();
  const auto from = about.to.bytes();
  const auto size = ngtcp2_pkt_write_version_negotiation(
      raw_out(result), result.size(), static_cast<uint8_t>(random.below(256)),
      raw(to), to.size(), raw(from), from.size(), versions.data(),
      versions.size());
  return cut(std::move(result), size);
}

bytes write_retry(const quic_initial& to, const udp_place& where,
                  const reset_secret& secret, entropy& random, time_point now) {
  ngtcp2_cid own;
  own.datalen = connection_id::own_size;
  random.fill(std::as_writable_bytes(std::span{own.data, own.datalen}));
  const auto client = to_native(to.from);
  const auto first = to_native(to.to);
  const auto token = write_retry_token(
      {to.version, where, connection_id{own.data, own.datalen}}, to.to, secret,
      now);
  bytes result(answer_max);
  const auto size = ngtcp2_crypto_write_retry(raw_out(result), result.size(),
                                              to.version, &client, &own, &first,
                                              raw(token), token.size());
  return cut(std::move(result), size);
}

std::optional<connection_id> read_retry(const quic_initial& from,
                                        const udp_place& where,
                                        const reset_secret& secret,
                                        time_point now) {
  return read_retry_token(from.token, {from.version, where, from.to}, secret,
                          retry_time, now);
}

bytes write_refusal(const quic_initial& to) {
  const auto client = to_native(to.from);
  const auto own = to_native(to.to);
  bytes result(initial_size_min);
  const auto size = ngtcp2_crypto_write_connection_close(
      raw_out(result), result.size(), to.version, &client, &own,
      NGTCP2_CONNECTION_REFUSED, nullptr, 0);
  return cut(std::move(result), size);
}

bytes write_reset(const connection_id& about, size_t size,
                  const reset_secret& secret, entropy& random) {
  if (size <= reset_min)
    return {};
  bytes result(std::min(size - 1, reset_max));
  std::array<uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token{};
  const auto id = to_native(about);
  if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), raw(secret),
                                                   secret.size(), &id)
      != 0)
    return {};
  bytes noise(result.size() - NGTCP2_STATELESS_RESET_TOKENLEN);
  random.fill(noise);
  const auto written = ngtcp2_pkt_write_stateless_reset(
      raw_out(result), result.size(), token.data(), raw(noise), noise.size());
  return cut(std::move(result), written);
}

} // namespace troupe
