// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/record_keeper.hpp"

#include <fmt/format.h>

namespace troupe {

// -- reading ------------------------------------------------------------------

std::vector<std::string>
record_keeper::load(const std::vector<stored_peer>& peers, peer_ledger& state,
                    wall_time wall_now) {
  std::vector<std::string> problems;
  const clock_pair clocks{state.now, wall_now};
  clocks_ = clocks;
  for (const auto& stored : peers) {
    if (!stored.id || stored.id == own_) {
      state.peers.mark_for_erasure(stored.id);
      continue;
    }
    restore(stored, state, clocks, problems);
    restore_ban(stored, state, clocks);
    state.changed(stored.id);
    // What the store has is what we have, problems aside. Unless the clock was
    // set back: then it is written anew, or it would last as long once more
    // after the next start. Whom its own ban pushed out has to go there, too.
    if (state.peers.find(stored.id) != nullptr
        && (!stored.stored_at || *stored.stored_at <= wall_now))
      state.peers.mark_clean(stored.id);
    state.forget_if_pointless(stored.id);
  }
  state.prune();
  return problems;
}

void record_keeper::restore(const stored_peer& stored, peer_ledger& state,
                            const clock_pair& clocks,
                            std::vector<std::string>& problems) {
  auto& peer = state.peers.obtain(stored.id);
  peer.stored = true;
  troupe::restore(peer, stored, clocks, options_);
  for (const auto& known : stored.addresses) {
    auto bad = validate(known.address);
    if (bad.code != errc::none || known.address.id != stored.id) {
      problems.push_back(fmt::format("peer {}: address {} skipped", stored.id,
                                     to_string(known.address)));
      continue;
    }
    state.peers.add_address(peer, known.address, false);
    if (auto* found = peer.find(known.address))
      troupe::restore(*found, known, stored.stored_at, clocks,
                      longest_wait(options_.retry, known.failures, peer.kind));
  }
}

void record_keeper::restore_ban(const stored_peer& stored, peer_ledger& state,
                                const clock_pair& clocks) {
  if (!stored.ban || stored.ban->until <= clocks.wall_now)
    return;
  // The longest that may have been ordered.
  auto longest = options_.bans.max_ban_time;
  if (stored.ban->by_operator) {
    longest = stored.stored_at ? duration::max() : longest_loaded_ban;
  } else {
    auto& peer = *state.peers.find(stored.id);
    peer.bans = 1;
    peer.last_ban = clocks.now;
  }
  auto until = clocks.future(stored.ban->until, stored.stored_at, longest);
  state.ban(stored.id, {until, stored.ban->reason, stored.ban->by_operator});
}

// -- writing ------------------------------------------------------------------

store_changes record_keeper::take_changes(peer_ledger& state,
                                          wall_time wall_now) {
  const clock_pair clocks{state.now, wall_now};
  if (clocks_ && clocks.jumped_since(*clocks_))
    for (const auto& [id, peer] : state.peers.records())
      if (peer.stored)
        state.peers.mark_dirty(id);
  clocks_ = clocks;
  store_changes result;
  for (const auto& id : state.peers.take_dirty()) {
    auto* peer = state.peers.find(id);
    if (peer != nullptr && state.peers.is_memorable(*peer, state.now)) {
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
