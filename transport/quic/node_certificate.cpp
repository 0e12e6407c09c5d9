// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/node_certificate.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "troupe/transport/quic/certificate_parts.hpp"
#include "troupe/transport/quic/der_writer.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"

namespace troupe {

namespace {

using std::chrono::seconds;
using seconds_time = std::chrono::sys_seconds;

constexpr auto validity = seconds{std::chrono::hours{24} * 36'500};

/// 2.5.4.5, serialNumber: the one attribute of the certificate's name.
constexpr std::array serial_number_id
    = {std::byte{0x55}, std::byte{0x04}, std::byte{0x05}};

/// A time as certificates write it: with a year of two digits where it can be
/// (RFC 5280, 4.1.2.5).
bytes der_time(seconds_time when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{when - day};
  const auto year = static_cast<int>(date.year());
  const auto rest = fmt::format(
      "{:02}{:02}{:02}{:02}{:02}Z", static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), clock.hours().count(),
      clock.minutes().count(), clock.seconds().count());
  if (year >= 1950 && year < 2050)
    return der_text(der_tag::utc_time, fmt::format("{:02}", year % 100) + rest);
  return der_text(der_tag::generalized_time, fmt::format("{:04}", year) + rest);
}

/// A positive number of up to 62 bits.
uint64_t draw_number(entropy& source) {
  return 1 + source.below((uint64_t{1} << 62) - 1);
}

bytes der_number(uint64_t value) {
  std::array<std::byte, 8> octets;
  for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
    *octet = static_cast<std::byte>(value & 0xff);
    value >>= 8;
  }
  return der_integer(octets);
}

/// A name that has nothing but a serial number.
bytes name_of(uint64_t number) {
  const auto attribute = der_element(
      der_tag::sequence,
      {der_element(der_tag::object_id, {serial_number_id}),
       der_text(der_tag::printable_string, std::to_string(number))});
  return der_element(der_tag::sequence,
                     {der_element(der_tag::set, {attribute})});
}

/// The extension that ties the certificate's key to the node's.
bytes key_extension(const node_key& node, byte_view key_info) {
  const auto prefix = std::as_bytes(std::span{certificate_prefix});
  bytes message{prefix.begin(), prefix.end()};
  message.insert(message.end(), key_info.begin(), key_info.end());
  const auto signature = node.sign(message);
  const auto signed_key = der_element(
      der_tag::sequence, {der_element(der_tag::octet_string,
                                      {encode_libp2p_key(node.public_key())}),
                          der_element(der_tag::octet_string, {signature})});
  return der_element(der_tag::sequence,
                     {der_element(der_tag::object_id, {key_extension_id}),
                      der_element(der_tag::octet_string, {signed_key})});
}

} // namespace

node_certificate make_certificate(const node_key& node, entropy& source,
                                  wall_time now) {
  const auto key = p256_key::generate(source);
  const auto from = std::chrono::floor<seconds>(now) - std::chrono::hours{1};
  const auto name = name_of(draw_number(source));
  const auto algorithm = der_element(der_tag::sequence, {ecdsa_with_sha256});
  const auto version = der_element(der_tag::explicit_part(0), {der_number(2)});
  const auto times = der_element(der_tag::sequence,
                                 {der_time(from), der_time(from + validity)});
  const auto extensions = der_element(
      der_tag::explicit_part(3),
      {der_element(der_tag::sequence, {key_extension(node, key.key_info())})});
  const auto signed_part = der_element(
      der_tag::sequence, {version, der_number(draw_number(source)), algorithm,
                          name, times, name, key.key_info(), extensions});
  const std::array no_bits_missing = {std::byte{0}};
  const auto signature = der_element(der_tag::bit_string,
                                     {no_bits_missing, key.sign(signed_part)});
  return {.certificate
          = der_element(der_tag::sequence, {signed_part, algorithm, signature}),
          .private_key = key.private_key()};
}

} // namespace troupe
