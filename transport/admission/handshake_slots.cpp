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
handshake_slots::enter(const std::optional<origin>& from, time_point now) {
  if (from && has_share(*from))
    return {errc::too_many_from_ip};
  std::optional<uint64_t> victim;
  if (entries_.size() >= limits_.max) {
    victim = find_victim(from, now);
    if (!victim) {
      // It had its chance, and the next one comes with time.
      if (from)
        remember(from->group());
      return {errc::rate_limited};
    }
    entries_.erase(*victim);
  }
  if (from)
    remember(from->group());
  entries_.emplace(++last_, entry{from, now});
  return {errc::none, last_, victim};
}

void handshake_slots::listens(uint64_t slot) {
  if (auto i = entries_.find(slot); i != entries_.end())
    i->second.silent = true;
}

void handshake_slots::heard(uint64_t slot) {
  if (auto i = entries_.find(slot); i != entries_.end())
    i->second.silent = false;
}

bool handshake_slots::leave(uint64_t slot) {
  return entries_.erase(slot) > 0;
}

bool handshake_slots::has_share(const origin& from) const {
  auto same_ip
      = std::count_if(entries_.begin(), entries_.end(), [&from](const auto& x) {
          return x.second.from && x.second.from->ip == from.ip;
        });
  return static_cast<size_t>(same_ip) >= limits_.max_per_ip
         || (from.subnet && count(*from.subnet) >= limits_.max_per_subnet);
}

size_t handshake_slots::count(const ip_network& group) const {
  auto result = std::count_if(
      entries_.begin(), entries_.end(), [&group](const auto& x) {
        return x.second.from && x.second.from->group() == group;
      });
  return static_cast<size_t>(result);
}

std::optional<uint64_t>
handshake_slots::find_victim(const std::optional<origin>& from,
                             time_point now) const {
  if (from) {
    const auto group = from->group();
    if (auto found = find_greedy(group))
      return found;
    if (seen_.count(group) == 0)
      if (auto found = find_silent())
        return found;
  }
  const auto& [oldest, who] = *entries_.begin();
  if (now - who.since >= limits_.grace)
    return oldest;
  return std::nullopt;
}

/// Returns the oldest of the group that has most, if it has more than a
/// newcomer's group would have.
std::optional<uint64_t>
handshake_slots::find_greedy(const ip_network& group) const {
  std::map<ip_network, size_t> counts;
  for (const auto& [slot, who] : entries_)
    if (who.from)
      ++counts[who.from->group()];
  auto most = std::max_element(
      counts.begin(), counts.end(),
      [](const auto& x, const auto& y) { return x.second < y.second; });
  if (most == counts.end() || most->second <= count(group) + 1)
    return std::nullopt;
  for (const auto& [slot, who] : entries_)
    if (who.from && who.from->group() == most->first)
      return slot;
  return std::nullopt;
}

std::optional<uint64_t> handshake_slots::find_silent() const {
  for (const auto& [slot, who] : entries_)
    if (who.silent)
      return slot;
  return std::nullopt;
}

void handshake_slots::remember(const ip_network& group) {
  if (!seen_.insert(group).second)
    return;
  seen_first_.push_back(group);
  if (seen_first_.size() > subnets_max) {
    seen_.erase(seen_first_.front());
    seen_first_.pop_front();
  }
}

} // namespace troupe
