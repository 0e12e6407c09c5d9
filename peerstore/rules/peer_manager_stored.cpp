// SPDX-License-Identifier: Apache-2.0

// What the peer manager remembers, and has others remember.

#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/peerstore/store/stored_conversion.hpp"

namespace troupe {

namespace {

/// The longest ban that may have been ordered.
duration longest_ban(const stored_peer& stored, const ban_options& options) {
  if (!stored.ban->by_operator)
    return options.max_ban_time;
  return stored.stored_at ? duration::max() : longest_loaded_ban;
}

} // namespace

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
    for (const auto& known : stored.addresses) {
      auto bad = validate(known.address);
      if (bad.code != errc::none || known.address.id != stored.id) {
        problems.push_back(fmt::format("peer {}: address {} skipped", stored.id,
                                       to_string(known.address)));
        continue;
      }
      peers_.add_address(peer, known.address, false);
      if (auto* found = peer.find(known.address))
        restore(*found, known, stored.stored_at, clocks,
                longest_wait(options_.retry, known.failures, peer.kind));
    }
    if (stored.ban && stored.ban->until > wall_now)
      restore_ban(stored.id, *stored.ban,
                  clocks.future(stored.ban->until, stored.stored_at,
                                longest_ban(stored, options_.bans)));
    changed(stored.id);
    // What the store has is what we have, problems aside. Unless the clock was
    // set back: then it is written anew, or it would last as long once more
    // after the next start.
    if (!stored.stored_at || *stored.stored_at <= wall_now)
      peers_.mark_clean(stored.id);
    if (peer.configured())
      announce_wait(stored.id);
    forget_if_pointless(stored.id);
  }
  clocks_ = clocks;
  prune();
  return problems;
}

/// The times in a store are of one clock. When that was set right, they are
/// wrong, all of them.
void peer_manager::note_clocks(const clock_pair& clocks) {
  if (clocks_ && clocks.jumped_since(*clocks_))
    for (const auto& [id, peer] : peers_.records())
      if (peer.stored)
        peers_.mark_dirty(id);
  clocks_ = clocks;
}

void peer_manager::restore_ban(const node_id& id, const stored_ban& stored,
                               time_point until) {
  if (!stored.by_operator) {
    auto& peer = *peers_.find(id);
    peer.bans = 1;
    peer.last_ban = now_;
  }
  if (auto gives_way
      = peers_.ban(id, {until, stored.reason, stored.by_operator}))
    peers_.lift_ban(*gives_way);
}

store_changes peer_manager::take_changes(time_point now, wall_time wall_now) {
  tick(now);
  store_changes result;
  const clock_pair clocks{now_, wall_now};
  note_clocks(clocks);
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
