// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/ip_network.hpp"

namespace troupe {

/// The allow and deny lists of a configuration: who may connect to us, and
/// whom we may dial, as far as the IP address tells. Costs the same however
/// long the lists are.
///
/// What is denied stays out, allowed or not. If anything is allowed at all,
/// everything else stays out. Without lists, everybody passes.
class ip_filter {
public:
  ip_filter() = default;

  ip_filter(const std::vector<ip_network>& allow,
            const std::vector<ip_network>& deny);

  [[nodiscard]] bool passes(const ip_address& ip) const;

private:
  /// Networks by the number of their bits.
  using network_set = std::map<unsigned, std::set<ip_network>>;

  static network_set sorted(const std::vector<ip_network>& networks);
  static bool contains(const network_set& networks, const ip_address& ip);

  network_set allow_;
  network_set deny_;
};

} // namespace troupe
