// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_scope.hpp"

#include <utility>
#include <vector>

#include "troupe/messages/ip_network.hpp"

namespace troupe {

namespace {

using row = std::pair<ip_network, ip_scope>;

const std::vector<row>& special_networks() {
  static const auto networks = [] {
    const std::pair<const char*, ip_scope> texts[] = {
        {"0.0.0.0/8", ip_scope::unspecified},
        {"::", ip_scope::unspecified},
        {"127.0.0.0/8", ip_scope::loopback},
        {"::1", ip_scope::loopback},
        {"169.254.0.0/16", ip_scope::link},
        {"fe80::/10", ip_scope::link},
        {"10.0.0.0/8", ip_scope::site},
        {"172.16.0.0/12", ip_scope::site},
        {"192.168.0.0/16", ip_scope::site},
        {"100.64.0.0/10", ip_scope::site},
        {"fc00::/7", ip_scope::site},
        {"224.0.0.0/4", ip_scope::nobody},
        {"255.255.255.255", ip_scope::nobody},
        {"ff00::/8", ip_scope::nobody},
        {"2001:db8::/32", ip_scope::nobody},
    };
    std::vector<row> result;
    for (const auto& [text, scope] : texts)
      result.emplace_back(*ip_network::parse(text), scope);
    return result;
  }();
  return networks;
}

} // namespace

ip_scope scope_of(const ip_address& ip) {
  for (const auto& [network, scope] : special_networks())
    if (network.contains(ip))
      return scope;
  return ip_scope::global;
}

bool is_private(const ip_address& ip) {
  const auto scope = scope_of(ip);
  return scope == ip_scope::loopback || scope == ip_scope::link
         || scope == ip_scope::site;
}

} // namespace troupe
