// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/record_keeper.hpp"

#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/book/address_group.hpp"
#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

namespace {

void note_place(stored_peer& to, const book_entry& place) {
  to.source = place.source;
  to.source_group = place.source_group;
  to.tried = place.shelf == book_shelf::tried;
}

} // namespace

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
    restore_place(stored, state);
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

/// Whoever stands in the configuration has no need of a place in the book.
void record_keeper::restore_place(const stored_peer& stored,
                                  peer_ledger& state) {
  auto* peer = state.peers.find(stored.id);
  if (peer == nullptr || !peer->is_hearsay() || peer->addresses.empty())
    return;
  book_entry place{.shelf
                   = stored.tried ? book_shelf::tried : book_shelf::fresh,
                   .group = address_group(peer->addresses.front().address),
                   .source = stored.source,
                   .source_group = stored.source_group};
  // What nobody told, it told itself.
  if (place.source_group.empty())
    place.source_group = place.group;
  state.shelve(stored.id, std::move(place));
  if (stored.anchor)
    state.kept.restore(stored.id, state);
}

void record_keeper::load_secret(std::string_view secret, peer_ledger& state) {
  if (!is_stored_secret(secret))
    return;
  keyed_hash::key key{};
  for (size_t i = 0; i < key.size(); ++i) {
    auto digit = [](char x) { return x <= '9' ? x - '0' : x - 'a' + 10; };
    key[i] = static_cast<std::byte>(16 * digit(secret[2 * i])
                                    + digit(secret[2 * i + 1]));
  }
  state.book.set_secret(key);
  secret_stored_ = true;
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
      if (const auto* place = state.book.find(id))
        note_place(result.put.back(), *place);
      peer->stored = true;
    } else if (peer == nullptr || peer->stored) {
      result.erase.push_back(id);
      if (peer != nullptr)
        peer->stored = false;
    }
  }
  // With the first peers whose places follow from it.
  if (!secret_stored_ && !result.put.empty()) {
    for (auto octet : state.book.secret())
      result.secret += fmt::format("{:02x}", static_cast<unsigned>(octet));
    secret_stored_ = true;
  }
  return result;
}

} // namespace troupe
