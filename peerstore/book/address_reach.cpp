// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/address_reach.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "troupe/messages/ip_network.hpp"

namespace troupe {

namespace {

ip_network network(const char* text) {
  return *ip_network::parse(text);
}

/// Where addresses mean something else in each place. Loopback comes first, in
/// both families.
std::span<const ip_network> private_networks() {
  static const ip_network all[] = {
      network("127.0.0.0/8"),    network("::1/128"),
      network("10.0.0.0/8"),     network("172.16.0.0/12"),
      network("192.168.0.0/16"), network("100.64.0.0/10"),
      network("169.254.0.0/16"), network("198.18.0.0/15"),
      network("192.0.2.0/24"),   network("198.51.100.0/24"),
      network("203.0.113.0/24"), network("fc00::/7"),
      network("fe80::/10"),      network("2001:db8::/32"),
  };
  return all;
}

std::span<const ip_network> unusable_networks() {
  static const ip_network all[] = {
      network("0.0.0.0/8"),   network("192.0.0.0/24"), network("224.0.0.0/4"),
      network("240.0.0.0/4"), network("::/128"),       network("2001:10::/28"),
      network("ff00::/8"),
  };
  return all;
}

const ip_network* find(std::span<const ip_network> all, const ip_address& ip) {
  auto i = std::find_if(all.begin(), all.end(),
                        [&ip](const auto& x) { return x.contains(ip); });
  return i != all.end() ? &*i : nullptr;
}

bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

} // namespace

bool is_nowhere(const ip_address& ip) {
  return find(unusable_networks(), ip) != nullptr;
}

bool is_nowhere(const node_address& what) {
  auto ip = ip_address::parse(what.hostname);
  return ip && is_nowhere(*ip);
}

bool means_the_same(const ip_address& what, const ip_address& where) {
  const auto* network = find(private_networks(), what);
  if (network == nullptr)
    return true;
  return what.is_loopback() ? where.is_loopback() : network->contains(where);
}

bool means_the_same(const node_address& what,
                    const std::optional<endpoint>& where) {
  if (what.hostname.empty())
    return where && where->protocol == what.protocol;
  auto ip = ip_address::parse(what.hostname);
  if (!ip && is_localhost(what.hostname))
    ip = ip_address::v4(127, 0, 0, 1);
  if (!ip || find(private_networks(), *ip) == nullptr)
    return true;
  return where && where->ip && means_the_same(*ip, *where->ip);
}

} // namespace troupe
