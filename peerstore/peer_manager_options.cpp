// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/peer_manager_options.hpp"

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

failure check_limits(const peer_manager_options& options) {
  if (!options.max_connected)
    return {};
  if (*options.max_connected == 0)
    return refuse("max_connected is 0, expected at least 1");
  if (options.max_outgoing && *options.max_outgoing > *options.max_connected)
    return refuse(fmt::format("max_outgoing is {}, expected at most "
                              "max_connected ({})",
                              *options.max_outgoing, *options.max_connected));
  return {};
}

failure check_persistent_peers(const peer_manager_options& options,
                               const node_id& own) {
  std::set<node_id> peers;
  for (const auto& address : options.persistent_peers) {
    if (auto bad = validate(address); bad.code != errc::none)
      return refuse("persistent_peers: " + bad.context);
    if (address.id != own)
      peers.insert(address.id);
  }
  if (options.max_connected && peers.size() > *options.max_connected)
    return refuse(fmt::format("persistent_peers has {} peers, expected at most "
                              "max_connected ({})",
                              peers.size(), *options.max_connected));
  return {};
}

failure check_times(const peer_manager_options& options) {
  using seconds = std::chrono::duration<double>;
  const std::pair<std::string_view, duration> times[] = {
      {"disconnect_cooldown", options.disconnect_cooldown},
      {"stable_after", options.stable_after},
  };
  for (auto [name, value] : times)
    if (value < duration::zero())
      return refuse(
          fmt::format("{} is {}, expected at least 0", name, seconds{value}));
  if (options.dial_deadline <= duration::zero())
    return refuse(fmt::format("dial_deadline is {}, expected more than 0",
                              seconds{options.dial_deadline}));
  return {};
}

} // namespace

failure validate(const peer_manager_options& options, const node_id& own) {
  for (auto bad : {check_limits(options), check_persistent_peers(options, own),
                   check_times(options), validate(options.retry)})
    if (bad.code != errc::none)
      return bad;
  return {};
}

} // namespace troupe
