// SPDX-License-Identifier: Apache-2.0

// What the peer manager remembers, and has others remember.

#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/peerstore/store/stored_conversion.hpp"

namespace troupe {

std::vector<std::string>
peer_manager::load(const std::vector<stored_peer>& peers, time_point now,
                   wall_time wall_now) {
  tick(now);
  std::vector<std::string> problems;
  const clock_pair clocks{now_, wall_now};
  for (const auto& stored : peers) {
    // Our own ID may be one that others had before us.
    if (!stored.id || stored.id == own_) {
      peers_.mark_for_erasure(stored.id);
      continue;
    }
    auto& peer = peers_.obtain(stored.id);
    peer.stored = true;
    restore(peer, stored, clocks, options_);
    auto longest = after(time_point{}, options_.retry.retry_time_jitter)
                   - time_point{}
                   + longest_retry_time(options_.retry, peer.kind);
    for (const auto& known : stored.addresses) {
      auto bad = validate(known.address);
      if (bad.code != errc::none || known.address.id != stored.id) {
        problems.push_back(fmt::format("peer {}: address {} skipped", stored.id,
                                       to_string(known.address)));
        continue;
      }
      peers_.add_address(peer, known.address, false);
      if (auto* found = peer.find(known.address))
        restore(*found, known, clocks, longest);
    }
    if (stored.ban && stored.ban->until > wall_now)
      restore_ban(stored.id, *stored.ban,
                  clocks.future(stored.ban->until, longest_loaded_ban));
    changed(stored.id);
    // What the store has is what we have, problems aside.
    peers_.mark_clean(stored.id);
    forget_if_pointless(stored.id);
  }
  prune();
  return problems;
}

void peer_manager::restore_ban(const node_id& id, const stored_ban& stored,
                               time_point until) {
  auto by_rules = stored.reason.starts_with(ban_by_rules);
  if (by_rules) {
    auto& peer = *peers_.find(id);
    peer.bans = 1;
    peer.last_ban = now_;
  }
  if (auto gives_way = peers_.ban(id, {until, stored.reason, !by_rules}))
    peers_.lift_ban(*gives_way);
}

store_changes peer_manager::take_changes(time_point now, wall_time wall_now) {
  tick(now);
  store_changes result;
  const clock_pair clocks{now_, wall_now};
  for (const auto& id : peers_.take_dirty()) {
    auto* peer = peers_.find(id);
    if (peer != nullptr && is_memorable(*peer, now_, options_.score)) {
      result.put.push_back(to_stored(id, *peer, clocks, options_.score));
      peer->stored = true;
    } else if (peer == nullptr || peer->stored) {
      result.erase.push_back(id);
      if (peer != nullptr)
        peer->stored = false;
    }
  }
  return result;
}

} // namespace troupe
