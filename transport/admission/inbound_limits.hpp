// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/transport/admission/rate_limit.hpp"
#include "troupe/transport/admission/subnet_size.hpp"

namespace troupe {

/// Which networks have subnets whose addresses count together.
enum class subnet_scope : uint8_t {
  /// Those that can be reached from everywhere. Whoever is in a private network
  /// or on this machine counts for himself.
  public_networks,
  /// All.
  all,
};

/// Returns the word of a configuration, `public` or `all`.
std::string to_string(subnet_scope x);

/// Parses what `to_string` prints. @returns `false` for any other text.
bool from_string(std::string_view text, subnet_scope& x);

/// How much of a node strangers can have before they have proven who they are,
/// by where they come from (reference: T35's `max-incoming-connection-attempts`
/// and its window).
struct inbound_limits {
  /// Most connections that one IP address has to us at once, at least 1.
  size_t max_per_ip = 32;

  /// Most connections that one subnet has to us at once, at least 1.
  size_t max_per_subnet = 64;

  subnet_size subnet = {};

  /// Which subnets count, here and for slots.
  subnet_scope subnet_limits = subnet_scope::public_networks;

  /// Attempts to connect, whatever becomes of them. Absent: no limit.
  std::optional<rate_limit> ip_rate = rate_limit{10, 100};
  std::optional<rate_limit> subnet_rate = rate_limit{40, 400};

  /// Connections that get as far as a handshake, from everywhere: this is what
  /// strangers can have of our processor. Absent: no limit.
  std::optional<rate_limit> total_rate = rate_limit{100, 500};

  /// Most addresses, and most subnets, that are remembered. Above
  /// `max_accepted`, so that there is room besides those who are connected.
  size_t tracked_max = 16 * 1024;

  /// Most connections to one transport at once, whatever becomes of them;
  /// others wait in the kernel's backlog. A node sets it, so that it follows
  /// its other limits; absent: as the transport was made.
  std::optional<size_t> max_accepted = {};

  /// Networks to which none of this applies, nor the shares of
  /// `handshake_limits` and of slots: sentries, a proxy that all others come
  /// through.
  std::vector<ip_network> exempt = {};

  friend bool operator==(const inbound_limits&, const inbound_limits&)
      = default;
};

/// Where a remote comes from, as far as limits care.
struct origin {
  ip_address ip;

  /// The subnet whose addresses count together. Absent: it counts for itself.
  std::optional<ip_network> subnet = {};

  /// The subnet, or the address alone.
  [[nodiscard]] ip_network group() const {
    return subnet.value_or(ip_network::of(ip));
  }

  friend bool operator==(const origin&, const origin&) = default;
};

/// Says where `ip` belongs; absent if limits do not apply to it.
std::optional<origin> origin_of(const inbound_limits& limits,
                                const ip_address& ip);

/// Checks each value.
/// @returns `invalid_option`, the context names the option, its value and what
///          was expected; or `none`.
failure validate(const inbound_limits& limits);

} // namespace troupe
