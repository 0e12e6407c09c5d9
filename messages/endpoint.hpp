// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_address.hpp"

namespace troupe {

/// Where a transport can be reached: an address after name resolution
/// (ADR-062, "Transports"). Knows nothing about who answers there.
struct endpoint {
  /// Selects the transport, in lower case: `mconn`, `tcp`, `memory`.
  std::string protocol = {};

  /// Absent for transports that do not use the network.
  std::optional<ip_address> ip = {};

  /// Needs `ip`. 0 means the protocol's default, or any free port to listen on.
  uint16_t port = 0;

  /// What the transport makes of it: `memory` expects a node ID.
  std::string path = {};

  friend auto operator<=>(const endpoint&, const endpoint&) = default;
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Checks the rules that hold for every transport: there is a protocol, there
/// is an IP or a path, and no port without IP.
/// @returns `invalid_endpoint` with the part in question, or `none`.
failure validate(const endpoint& x);

/// Returns the URL form, `mconn://127.0.0.1:26656` or `memory:ID`.
std::string to_string(const endpoint& x);

template <class Inspector>
bool inspect(Inspector& f, endpoint& x) {
  return f.object(x).fields(f.field("protocol", x.protocol),
                            f.field("ip", x.ip), f.field("port", x.port),
                            f.field("path", x.path));
}

} // namespace troupe

template <>
struct std::hash<troupe::endpoint> {
  size_t operator()(const troupe::endpoint& x) const noexcept;
};
