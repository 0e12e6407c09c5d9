// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_manager_options.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe {

namespace {

failure refuse(std::string reason) {
  return {errc::invalid_option, std::move(reason)};
}

failure check_part(std::string_view name, const std::optional<size_t>& part,
                   const connection_limits& limits) {
  if (part && limits.max_connected && *part > *limits.max_connected)
    return refuse(fmt::format("{} is {}, expected at most max_connected ({})",
                              name, *part, *limits.max_connected));
  return {};
}

/// Peers that need a slot for themselves.
size_t count_persistent(const peer_manager_options& options,
                        const node_id& own) {
  const auto& free = options.unconditional_peers;
  std::set<node_id> peers;
  for (const auto& address : options.persistent_peers)
    if (address.id != own
        && std::find(free.begin(), free.end(), address.id) == free.end())
      peers.insert(address.id);
  return peers.size();
}

failure check_peers(const peer_manager_options& options) {
  for (const auto& address : options.persistent_peers)
    if (auto bad = validate(address); bad.code != errc::none)
      return refuse("persistent_peers: " + bad.context);
  for (const auto& address : options.preferred_peers) {
    if (!address.id)
      return refuse("preferred_peers has a null ID");
    if (auto bad = validate(address);
        !address.protocol.empty() && bad.code != errc::none)
      return refuse("preferred_peers: " + bad.context);
  }
  const std::pair<std::string_view, const std::vector<node_id>*> lists[] = {
      {"unconditional_peers", &options.unconditional_peers},
      {"private_peers", &options.private_peers},
      {"blocked_peers", &options.blocked_peers},
  };
  for (auto [name, list] : lists)
    for (const auto& id : *list)
      if (!id)
        return refuse(fmt::format("{} has a null ID", name));
  return {};
}

failure check_memory(const peer_manager_options& options) {
  const std::pair<std::string_view, size_t> sizes[] = {
      {"max_peers", options.max_peers},
      {"max_addresses", options.max_addresses},
      {"max_ids_per_location", options.max_ids_per_location},
  };
  for (auto [name, value] : sizes)
    if (value == 0)
      return refuse(fmt::format("{} is 0, expected at least 1", name));
  // Holds for no NaN.
  const auto sane
      = options.upgrade_margin > 0 && options.upgrade_margin <= 1000;
  if (!sane)
    return refuse(fmt::format("upgrade_margin is {}, expected more than 0, at "
                              "most 1000",
                              options.upgrade_margin));
  return {};
}

failure check_times(const peer_manager_options& options) {
  using seconds = std::chrono::duration<double>;
  const std::pair<std::string_view, duration> times[] = {
      {"disconnect_cooldown", options.disconnect_cooldown},
      {"feeler_interval", options.feeler_interval},
      {"stable_after", options.stable_after},
  };
  for (auto [name, value] : times)
    if (value < duration::zero())
      return refuse(
          fmt::format("{} is {}, expected at least 0", name, seconds{value}));
  const std::pair<std::string_view, duration> deadlines[] = {
      {"dial_deadline", options.dial_deadline},
      {"probe_time", options.probe_time},
  };
  for (auto [name, value] : deadlines)
    if (value <= duration::zero())
      return refuse(
          fmt::format("{} is {}, expected more than 0", name, seconds{value}));
  return {};
}

} // namespace

connection_limits limits_of(const peer_manager_options& options) {
  return {options.max_connected, options.max_connected_upgrade,
          options.max_outgoing, options.max_incoming, options.max_visitors};
}

failure validate(const connection_limits& limits, size_t persistent_peers,
                 size_t max_peers) {
  if (!limits.max_connected)
    return {};
  auto most = *limits.max_connected;
  if (most == 0)
    return refuse("max_connected is 0, expected at least 1");
  for (auto bad : {check_part("max_outgoing", limits.max_outgoing, limits),
                   check_part("max_incoming", limits.max_incoming, limits)})
    if (bad.code != errc::none)
      return bad;
  if (persistent_peers > most)
    return refuse(fmt::format("persistent_peers has {} peers, expected at most "
                              "max_connected ({})",
                              persistent_peers, most));
  // Not as a sum, which could wrap.
  auto room = max_peers;
  for (auto part : {most, limits.max_connected_upgrade, limits.max_visitors}) {
    if (part > room)
      return refuse(fmt::format(
          "max_peers is {}, expected at least max_connected ({}) + "
          "max_connected_upgrade ({}) + max_visitors ({})",
          max_peers, most, limits.max_connected_upgrade, limits.max_visitors));
    room -= part;
  }
  return {};
}

failure validate(const peer_manager_options& options, const node_id& own) {
  for (auto bad : {check_peers(options), check_memory(options),
                   validate(limits_of(options), count_persistent(options, own),
                            options.max_peers),
                   check_times(options), validate(options.retry),
                   validate(options.score), validate(options.bans)})
    if (bad.code != errc::none)
      return bad;
  return {};
}

} // namespace troupe
