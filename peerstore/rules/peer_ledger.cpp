// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_ledger.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

peer_ledger::peer_ledger(const node_id& own,
                         const peer_manager_options& options, entropy& random)
  : peers(own, options, random),
    bans(options.bans.max_banned),
    max_peers(options.max_peers) {}

void peer_ledger::advance(time_point to) {
  now = std::max(now, to);
  order.advance(now);
  while (auto id = bans.next_free(now))
    lift_ban(*id);
}

bool peer_ledger::learn(const node_address& address) {
  auto& peer = peers.obtain(address.id);
  auto added = !peer.blocked && peers.add_address(peer, address, false);
  if (added) {
    peer.incompatible.reset();
    changed(address.id);
    prune();
  } else {
    // Whoever is new and got no place leaves nothing behind.
    forget_if_pointless(address.id);
  }
  // It may have been the worst of all.
  return added && peers.find(address.id) != nullptr;
}

// -- dials and connections ----------------------------------------------------

void peer_ledger::begin_dial(dial_attempt what) {
  auto address = what.address;
  dials.insert(std::move(what));
  peers.locations.occupy(address);
  changed(address.id);
  changed_at(address);
}

std::optional<dial_attempt> peer_ledger::end_dial(const node_id& id) {
  auto ended = dials.erase(id);
  if (!ended)
    return ended;
  peers.locations.vacate(ended->address);
  changed(id);
  changed_at(ended->address);
  return ended;
}

uint64_t peer_ledger::begin_connection(const node_id& id,
                                       live_connection what) {
  auto address = what.address;
  auto generation = connections.insert(id, std::move(what));
  peers.locations.occupy(address);
  changed(id);
  changed_at(address);
  return generation;
}

live_connection peer_ledger::end_connection(const node_id& id) {
  dials.release(id);
  auto gone = connections.erase(id);
  peers.locations.vacate(gone.address);
  changed(id);
  changed_at(gone.address);
  return gone;
}

// -- bans ---------------------------------------------------------------------

void peer_ledger::ban(const node_id& id, ban_record what) {
  auto gives_way = bans.insert(id, peers.obtain(id), std::move(what));
  changed(id);
  if (!gives_way)
    return;
  lift_ban(*gives_way);
  prune();
}

void peer_ledger::lift_ban(const node_id& id) {
  bans.erase(id, *peers.find(id));
  changed(id);
  forget_if_pointless(id);
}

errc peer_ledger::check_ban(const node_id& id) const {
  if (peers.is_blocked(id))
    return errc::filtered;
  const auto* peer = peers.find(id);
  return peer != nullptr && peer->ban ? errc::banned : errc::none;
}

// -- what follows -------------------------------------------------------------

void peer_ledger::changed(const node_id& id) {
  auto* peer = peers.find(id);
  if (peer == nullptr)
    return;
  peer->busy = connections.to(id) != nullptr || dials.find(id) != nullptr;
  peers.reindex(id, now);
  order.place(id, *peer, peers.locations);
}

/// Puts all peers where they belong that are said to be there: we are there
/// now, or no longer.
void peer_ledger::changed_at(const node_address& where) {
  for (const auto& id : peers.locations.claimants(where))
    if (auto* peer = peers.find(id))
      order.place(id, *peer, peers.locations);
}

void peer_ledger::forget(const node_id& id) {
  if (auto* peer = peers.find(id)) {
    bans.erase(id, *peer);
    order.remove(id, *peer);
  }
  peers.erase(id);
}

void peer_ledger::forget_if_pointless(const node_id& id) {
  const auto* peer = peers.find(id);
  if (peer != nullptr && !peer->busy && !peers.is_memorable(*peer, now))
    forget(id);
}

void peer_ledger::prune() {
  while (peers.ranked() > max_peers) {
    auto worst = peers.worst();
    if (!worst)
      return;
    forget(*worst);
  }
}

} // namespace troupe
