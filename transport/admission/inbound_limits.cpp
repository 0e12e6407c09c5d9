// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/inbound_limits.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/ip_scope.hpp"

namespace troupe {

namespace {

bool is_in(const std::vector<ip_network>& networks, const ip_address& ip) {
  return std::any_of(networks.begin(), networks.end(),
                     [&ip](const auto& x) { return x.contains(ip); });
}

failure check_count(std::string_view name, size_t value) {
  if (value == 0)
    return {errc::invalid_option,
            fmt::format("{}: is 0, expected at least 1", name)};
  return {};
}

failure check_bits(std::string_view name, unsigned value, unsigned most) {
  if (value < 1 || value > most)
    return {errc::invalid_option,
            fmt::format("{}: is {}, expected 1 to {}", name, value, most)};
  return {};
}

failure check_rate(std::string_view name,
                   const std::optional<rate_limit>& rate) {
  if (!rate)
    return {};
  // Once a day; below, an address would be remembered almost for ever.
  constexpr double slowest = 1.0 / 86400;
  if (!std::isfinite(rate->per_second) || rate->per_second < slowest)
    return {errc::invalid_option,
            fmt::format("{}: is {} a second, expected at least one a day", name,
                        rate->per_second)};
  // Holds for no NaN.
  const auto sane = rate->burst >= 1 && rate->burst <= 1e9;
  if (!sane)
    return {errc::invalid_option,
            fmt::format("{}: has a burst of {}, expected 1 to 1000000000", name,
                        rate->burst)};
  return {};
}

} // namespace

std::string to_string(subnet_scope x) {
  return x == subnet_scope::all ? "all" : "public";
}

bool from_string(std::string_view text, subnet_scope& x) {
  for (auto one : {subnet_scope::public_networks, subnet_scope::all})
    if (text == to_string(one)) {
      x = one;
      return true;
    }
  return false;
}

std::optional<origin> origin_of(const inbound_limits& limits,
                                const ip_address& ip) {
  if (is_in(limits.exempt, ip))
    return std::nullopt;
  if (limits.subnet_limits == subnet_scope::public_networks && is_private(ip))
    return origin{ip};
  return origin{ip, subnet_of(ip, limits.subnet)};
}

failure validate(const inbound_limits& limits) {
  for (const auto& bad : {
           check_count("max_per_ip", limits.max_per_ip),
           check_count("max_per_subnet", limits.max_per_subnet),
           check_count("tracked_max", limits.tracked_max),
           check_bits("subnet_bits_v4", limits.subnet.bits_v4, 32),
           check_bits("subnet_bits_v6", limits.subnet.bits_v6, 128),
           check_rate("ip_rate", limits.ip_rate),
           check_rate("subnet_rate", limits.subnet_rate),
           check_rate("total_rate", limits.total_rate),
       })
    if (bad.code != errc::none)
      return bad;
  return {};
}

} // namespace troupe
