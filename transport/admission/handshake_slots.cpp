// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/handshake_slots.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace troupe {

failure validate(const handshake_limits& limits) {
  const std::pair<std::string_view, size_t> counts[] = {
      {"max_handshakes", limits.max},
      {"max_handshakes_per_ip", limits.max_per_ip},
      {"max_handshakes_per_subnet", limits.max_per_subnet},
  };
  for (auto [name, value] : counts)
    if (value == 0)
      return {errc::invalid_option,
              fmt::format("{}: is 0, expected at least 1", name)};
  if (limits.grace < duration::zero())
    return {errc::invalid_option,
            "handshake_grace: is below zero, expected a time"};
  return {};
}

handshake_slots::verdict
handshake_slots::enter(const std::optional<ip_address>& ip, time_point now) {
  std::optional<ip_network> subnet;
  if (ip) {
    subnet = subnet_of(*ip, subnet_size_);
    auto same_ip
        = std::count_if(entries_.begin(), entries_.end(),
                        [&ip](const auto& x) { return x.second.ip == ip; });
    if (static_cast<size_t>(same_ip) >= limits_.max_per_ip
        || count_subnet(subnet) >= limits_.max_per_subnet)
      return {errc::too_many_from_ip};
  }
  std::optional<uint64_t> victim;
  if (entries_.size() >= limits_.max) {
    victim = find_victim(subnet, now);
    if (!victim)
      return {errc::rate_limited};
    entries_.erase(*victim);
  }
  entries_.emplace(++last_, entry{ip, subnet, now});
  return {errc::none, last_, victim};
}

bool handshake_slots::leave(uint64_t slot) {
  return entries_.erase(slot) > 0;
}

size_t
handshake_slots::count_subnet(const std::optional<ip_network>& subnet) const {
  auto count = std::count_if(
      entries_.begin(), entries_.end(),
      [&subnet](const auto& x) { return x.second.subnet == subnet; });
  return static_cast<size_t>(count);
}

std::optional<uint64_t>
handshake_slots::find_victim(const std::optional<ip_network>& subnet,
                             time_point now) const {
  if (subnet) {
    std::map<ip_network, size_t> counts;
    for (const auto& [slot, who] : entries_)
      if (who.subnet)
        ++counts[*who.subnet];
    auto most = std::max_element(
        counts.begin(), counts.end(),
        [](const auto& x, const auto& y) { return x.second < y.second; });
    if (most != counts.end() && most->second > count_subnet(subnet) + 1)
      for (const auto& [slot, who] : entries_)
        if (who.subnet == most->first)
          return slot;
  }
  const auto& [oldest, who] = *entries_.begin();
  if (now - who.since >= limits_.grace)
    return oldest;
  return std::nullopt;
}

} // namespace troupe
