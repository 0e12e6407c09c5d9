// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_network.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

unsigned length_of(const ip_address& ip) {
  return ip.is_v4() ? 32 : 128;
}

/// Sets all bits behind the first `bits` to 0.
ip_address masked(const ip_address& ip, unsigned bits) {
  auto from = ip.bytes();
  std::array<std::byte, 16> raw{};
  std::copy(from.begin(), from.end(), raw.begin());
  for (unsigned i = 0; i < from.size(); ++i) {
    const auto kept
        = std::clamp(static_cast<int>(bits) - 8 * static_cast<int>(i), 0, 8);
    raw[i] &= static_cast<std::byte>(0xff00 >> kept);
  }
  return *ip_address::from_bytes(std::span{raw}.first(from.size()));
}

failure refuse(std::string_view text, std::string_view why) {
  return {errc::invalid_option,
          fmt::format("{} {}", troupe::quoted(text), why)};
}

} // namespace

ip_network ip_network::of(const ip_address& ip, unsigned bits) {
  const auto kept = std::min(bits, length_of(ip));
  return {masked(ip, kept), kept};
}

result<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto ip = ip_address::parse(text.substr(0, slash));
  if (!ip)
    return refuse(text, "is not an IP address, nor one with a prefix length "
                        "like 10.0.0.0/8");
  if (slash == std::string_view::npos)
    return of(*ip);
  const auto digits = text.substr(slash + 1);
  unsigned bits = 0;
  auto [end, code]
      = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (code != std::errc{} || end != digits.data() + digits.size()
      || bits > length_of(*ip))
    return refuse(
        text, fmt::format("has no prefix length from 0 to {}", length_of(*ip)));
  auto result = of(*ip, bits);
  if (result.first_ != *ip)
    return refuse(text, fmt::format("has bits behind its prefix, expected {}",
                                    to_string(result)));
  return result;
}

std::string to_string(const ip_network& network) {
  return fmt::format("{}/{}", to_string(network.first()), network.bits());
}

} // namespace troupe
