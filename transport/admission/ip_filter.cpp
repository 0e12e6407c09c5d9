// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/ip_filter.hpp"

#include <algorithm>

namespace troupe {

ip_filter::ip_filter(const std::vector<ip_network>& allow,
                     const std::vector<ip_network>& deny)
  : allow_(sorted(allow)),
    deny_(sorted(deny)) {}

bool ip_filter::passes(const ip_address& ip) const {
  return !contains(deny_, ip) && (allow_.empty() || contains(allow_, ip));
}

ip_filter::network_set
ip_filter::sorted(const std::vector<ip_network>& networks) {
  network_set result;
  for (const auto& network : networks)
    result[network.bits()].insert(network);
  return result;
}

bool ip_filter::contains(const network_set& networks, const ip_address& ip) {
  return std::any_of(networks.begin(), networks.end(), [&ip](const auto& x) {
    // An IPv4 address is not cut to more bits than it has, and so never taken
    // for an IPv6 network.
    return x.second.count(ip_network::of(ip, x.first)) > 0;
  });
}

} // namespace troupe
