// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/routing_table.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/node_info.hpp"

namespace troupe {

// -- channels -----------------------------------------------------------------

result<std::vector<introduction>>
routing_table::add_channel(const channel_descriptor& descriptor,
                           time_point now) {
  if (auto bad = validate(descriptor); bad.code != errc::none)
    return bad;
  if (channels_.size() >= max_node_info_channels)
    return {errc::invalid_channel,
            fmt::format("channel {}: a node has at most {} channels",
                        display_name(descriptor), max_node_info_channels)};
  if (!channels_.emplace(descriptor.id, descriptor).second)
    return {errc::duplicate_channel, display_name(descriptor)};
  open_.set(descriptor.id);
  renewals_.changed(now);
  std::vector<introduction> result;
  for (const auto& [peer, entry] : peers_) {
    const auto which = connection_ref{peer, entry.generation};
    result.push_back({descriptor.id, which});
    if (is_outdated(entry))
      renewals_.add(which);
  }
  return result;
}

std::vector<connection_ref> routing_table::remove_channel(channel_id id) {
  channels_.erase(id);
  open_.reset(id);
  std::vector<connection_ref> result;
  for (const auto& [peer, entry] : peers_)
    if (entry.ours.test(id) && entry.theirs.test(id))
      result.push_back({peer, entry.generation});
  return result;
}

routing_table::channel_list routing_table::open_channels() const {
  channel_list result;
  for (const auto& [id, descriptor] : channels_)
    result.push_back(descriptor);
  return result;
}

// -- connections --------------------------------------------------------------

routing_table::links
routing_table::connect(const connection_ref& which, const channel_list& ours,
                       const std::vector<channel_id>& theirs) {
  assert(peers_.count(which.peer) == 0);
  entry x{which.generation, {}, {}};
  for (auto id : theirs)
    x.theirs.set(id);
  for (const auto& channel : ours)
    x.ours.set(channel.id);
  links result{x.ours & x.theirs, {}};
  renewals_.connected(which.peer);
  // A channel came or went during the handshake.
  if (is_outdated(x))
    renewals_.add(which);
  peers_.insert_or_assign(which.peer, x);
  for (const auto& [id, descriptor] : channels_)
    result.introductions.push_back({id, which, result.shared.test(id)});
  return result;
}

bool routing_table::disconnect(const connection_ref& which) {
  if (!is_connected(which))
    return false;
  peers_.erase(which.peer);
  renewals_.ended(which);
  return true;
}

bool routing_table::condemn(const connection_ref& which) {
  auto i = peers_.find(which.peer);
  return i != peers_.end() && i->second.generation == which.generation
         && !std::exchange(i->second.condemned, true);
}

bool routing_table::is_outdated(const entry& x) const {
  return (x.theirs & (open_ ^ x.ours)).any();
}

const routing_table::entry*
routing_table::find(const connection_ref& which) const {
  auto i = peers_.find(which.peer);
  return i != peers_.end() && i->second.generation == which.generation
             ? &i->second
             : nullptr;
}

} // namespace troupe
