// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/ban_list.hpp"

namespace troupe {

std::optional<node_id> ban_list::insert(const node_id& id, peer_record& peer,
                                        ban_record what) {
  erase(id, peer);
  auto place = std::pair{what.until, id};
  auto by_rules = !what.by_operator;
  peer.ban = std::move(what);
  all_.insert(place);
  if (!by_rules)
    return std::nullopt;
  by_rules_.insert(place);
  if (by_rules_.size() <= max_by_rules_)
    return std::nullopt;
  return by_rules_.begin()->second;
}

void ban_list::erase(const node_id& id, peer_record& peer) {
  if (!peer.ban)
    return;
  auto place = std::pair{peer.ban->until, id};
  all_.erase(place);
  by_rules_.erase(place);
  peer.ban.reset();
}

std::optional<node_id> ban_list::next_free(time_point now) const {
  if (all_.empty() || all_.begin()->first > now)
    return std::nullopt;
  return all_.begin()->second;
}

} // namespace troupe
