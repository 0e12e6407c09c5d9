// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Whom to dial, and where (ADR-062, "Peer Address"): the ID that must answer
/// and what to look up to reach it.
///
/// Text form: `[PROTOCOL://]ID@HOST[:PORT][/PATH]`, or `PROTOCOL:ID` for
/// transports that do not use the network. Two addresses are the same only if
/// all fields are.
struct node_address {
  /// Longest text that `parse` looks at, in bytes.
  static constexpr size_t max_text_size = 1024;

  /// What `parse` assumes when the text names no protocol.
  static constexpr std::string_view default_protocol = "mconn";

  /// Selects the transport, in lower case: `mconn`, `tcp`, `memory`.
  std::string protocol = {};

  /// Who must answer.
  node_id id = {};

  /// IP address without brackets, or DNS name in lower case: see
  /// `validate_host`.
  std::string hostname = {};

  /// Needs `hostname`. 0 means the protocol's default.
  uint16_t port = 0;

  /// What the transport makes of it, decoded.
  std::string path = {};

  /// Parses and normalizes `text` as nodes of Tendermint 0.35 do: percent
  /// escapes are decoded, protocol, ID and host name turn to lower case. But
  /// whatever is no host for `validate_host` is refused, and so is an IPv6
  /// address without brackets: where that ends and a port begins, two readers
  /// need not agree. Text that does not decode to UTF-8 is refused, too, so
  /// that an address can always be logged.
  /// @returns `invalid_address`, the context names the part, in one line:
  /// "address 'x@y': node ID 'x' is not 40 hexadecimal digits".
  static result<node_address> parse(std::string_view text);

  friend auto operator<=>(const node_address&, const node_address&) = default;
  friend bool operator==(const node_address&, const node_address&) = default;
};

/// Checks that there is a protocol and an ID, no port without host name, and
/// that the host can be one.
/// @returns `invalid_address` with the part in question, or `none`.
failure validate(const node_address& x);

/// Returns the URL form, which parses back to the same address if that is
/// valid and its path is empty or starts with a slash. Other nodes print an
/// IPv6 address without port without brackets, which nobody can read.
std::string to_string(const node_address& x);

/// Returns the address of the node `id` that answers at `where`.
node_address to_address(const endpoint& where, const node_id& id);

/// Tells whether `hostname` is a name that has to be looked up before
/// `endpoints` can do its work.
bool needs_lookup(const node_address& x);

/// Resolves `x` without any lookup: to `(protocol, ID)` if it has no host
/// name, to the one endpoint of an IP address otherwise.
/// @returns `invalid_address` if protocol or ID are missing or the host name
/// cannot be one, `unknown_host` if `needs_lookup(x)`.
result<endpoint> to_endpoint(const node_address& x);

/// Resolves `x` with `found`, what the lookup of its host name found: one
/// endpoint for each IP address, in that order. Ignores `found` if
/// `needs_lookup(x)` does not hold.
/// @returns like `to_endpoint`; `unknown_host` if `found` is empty.
result<std::vector<endpoint>> to_endpoints(const node_address& x,
                                           std::span<const ip_address> found);

template <class Inspector>
bool inspect(Inspector& f, node_address& x) {
  return f.object(x).fields(f.field("protocol", x.protocol),
                            f.field("id", x.id),
                            f.field("hostname", x.hostname),
                            f.field("port", x.port), f.field("path", x.path));
}

} // namespace troupe

template <>
struct std::hash<troupe::node_address> {
  size_t operator()(const troupe::node_address& x) const noexcept;
};

template <>
struct fmt::formatter<troupe::node_address> : fmt::formatter<std::string_view> {
  auto format(const troupe::node_address& x, format_context& ctx) const {
    return formatter<std::string_view>::format(to_string(x), ctx);
  }
};
