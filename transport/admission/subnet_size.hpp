// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/ip_network.hpp"

namespace troupe {

/// How many bits two IP addresses of one subnet have in common: whoever holds
/// one address of a subnet can usually have the rest.
struct subnet_size {
  /// From 1 to 32.
  unsigned bits_v4 = 24;

  /// From 1 to 128.
  unsigned bits_v6 = 64;

  friend bool operator==(const subnet_size&, const subnet_size&) = default;
};

/// The subnet that `ip` belongs to.
inline ip_network subnet_of(const ip_address& ip, const subnet_size& size) {
  return ip_network::of(ip, ip.is_v4() ? size.bits_v4 : size.bits_v6);
}

} // namespace troupe
