// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_address.hpp"

namespace troupe::command {

/// Which addresses a crawl dials. Whatever peers say, none of this machine or
/// of a private network: somebody else could make us knock there. Unless the
/// operator names a seed in one; then the network to crawl is there.
class address_scope {
public:
  /// The scope of who names all addresses himself.
  static address_scope everywhere();

  /// Takes note of an address that a seed of the operator's has.
  void include(const ip_address& seed);

  /// Whether `ip` may be dialed.
  [[nodiscard]] bool allows(const ip_address& ip) const;

  /// Whether `address` may be dialed, as far as it tells without a lookup: a
  /// name may still lead to one of `denied_networks`.
  [[nodiscard]] bool allows(const node_address& address) const;

  /// What is not to be dialed, for `node_options::deny_ips`: that holds for
  /// what names lead to, too.
  [[nodiscard]] std::vector<std::string> denied_networks() const;

private:
  bool everywhere_ = false;
  bool loopback_ = false;
  bool local_ = false;
};

} // namespace troupe::command
