// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/address_group.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/ip_scope.hpp"

namespace troupe {

namespace {

constexpr unsigned bits_v4 = 16;
constexpr unsigned bits_v6 = 32;
constexpr unsigned bits_tunnels = 36;

ip_address v6(const char* text) {
  return *ip_address::parse(text);
}

/// Where within an IPv6 address an IPv4 address is.
struct embedding {
  ip_address network;
  unsigned bits;
  size_t offset;
  bool inverted = false;
};

std::optional<ip_address> embedded(const ip_address& ip) {
  static const embedding all[] = {
      {v6("::ffff:0:0:0"), 96, 12},
      {v6("64:ff9b::"), 96, 12},
      {v6("2002::"), 16, 2},
      {v6("2001::"), 32, 12, true},
  };
  for (const auto& way : all) {
    if (!ip.in(way.network, way.bits))
      continue;
    std::array<std::byte, 4> octets{};
    for (size_t i = 0; i < octets.size(); ++i)
      octets[i] = way.inverted ? ~ip.bytes()[way.offset + i]
                               : ip.bytes()[way.offset + i];
    return ip_address::v4(octets);
  }
  return std::nullopt;
}

std::string group_with_port(const ip_address& ip, uint16_t port) {
  return ip.is_loopback() ? fmt::format("{}:{}", to_string(ip), port)
                          : address_group(ip);
}

} // namespace

std::string address_group(const ip_address& ip) {
  if (is_private(ip))
    return to_string(ip);
  if (ip.is_v4())
    return to_string(ip_network::of(ip, bits_v4));
  if (auto inner = embedded(ip))
    return address_group(*inner);
  static const auto tunnels = v6("2001:470::");
  return to_string(
      ip_network::of(ip, ip.in(tunnels, bits_v6) ? bits_tunnels : bits_v6));
}

std::string address_group(const node_address& address) {
  if (address.hostname.empty())
    return fmt::format("{}:{}", address.protocol, address.id);
  auto ip = ip_address::parse(address.hostname);
  return ip ? group_with_port(*ip, address.port) : "name";
}

std::string address_group(const endpoint& where) {
  return where.ip ? group_with_port(*where.ip, where.port)
                  : fmt::format("{}:{}", where.protocol, where.path);
}

} // namespace troupe
