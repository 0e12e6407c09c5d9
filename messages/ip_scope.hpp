// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/ip_address.hpp"

namespace troupe {

/// From where an IP address can be reached.
enum class ip_scope : uint8_t {
  /// `0.0.0.0/8` or `::`: this host, whichever addresses it has.
  unspecified,
  /// This machine alone.
  loopback,
  /// A link: RFC 3927 and RFC 4291.
  link,
  /// An organisation: RFC 1918 and RFC 4193, and with RFC 6598 the customers
  /// of a provider.
  site,
  /// Not the address of one host: multicast, broadcast, and those for examples
  /// in RFC 3849.
  nobody,
  /// Everywhere.
  global,
};

/// Says from where `ip` can be reached.
ip_scope scope_of(const ip_address& ip);

/// Whether `ip` is an address of this machine, a link or an organisation, which
/// means another host elsewhere.
bool is_private(const ip_address& ip);

} // namespace troupe
