// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/address_scope.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "troupe/messages/ip_network.hpp"

namespace troupe::command {

namespace {

/// This very machine.
constexpr std::string_view loopback[] = {"127.0.0.0/8", "::1/128"};

/// Private networks, links, and what a provider shares among its customers
/// (RFC 1918, 3927, 4193, 4291, 6598).
constexpr std::string_view local[]
    = {"10.0.0.0/8",     "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
       "192.168.0.0/16", "fc00::/7",      "fe80::/10"};

/// Where nobody answers, or everybody: unspecified, reserved, broadcast,
/// multicast, for documentation and for measurements (RFC 6890).
constexpr std::string_view nobody[]
    = {"0.0.0.0/8",       "192.0.0.0/24",   "192.0.2.0/24", "198.18.0.0/15",
       "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",  "::/128",
       "2001:db8::/32",   "ff00::/8"};

bool is_in(std::span<const std::string_view> networks, const ip_address& ip) {
  return std::any_of(networks.begin(), networks.end(), [&ip](auto text) {
    const auto network = ip_network::parse(text);
    return network && network->contains(ip);
  });
}

} // namespace

address_scope address_scope::everywhere() {
  address_scope result;
  result.everywhere_ = true;
  return result;
}

void address_scope::include(const ip_address& seed) {
  loopback_ = loopback_ || is_in(loopback, seed);
  local_ = local_ || is_in(local, seed);
}

bool address_scope::allows(const ip_address& ip) const {
  if (everywhere_)
    return true;
  return !is_in(nobody, ip) && (loopback_ || !is_in(loopback, ip))
         && (local_ || !is_in(local, ip));
}

bool address_scope::allows(const node_address& address) const {
  if (const auto ip = ip_address::parse(address.hostname))
    return allows(*ip);
  // The name that every resolver takes for this machine.
  const auto& host = address.hostname;
  if (host == "localhost" || host.ends_with(".localhost"))
    return everywhere_ || loopback_;
  return !host.empty();
}

std::vector<std::string> address_scope::denied_networks() const {
  if (everywhere_)
    return {};
  std::vector<std::string> result{std::begin(nobody), std::end(nobody)};
  if (!loopback_)
    result.insert(result.end(), std::begin(loopback), std::end(loopback));
  if (!local_)
    result.insert(result.end(), std::begin(local), std::end(local));
  return result;
}

} // namespace troupe::command
