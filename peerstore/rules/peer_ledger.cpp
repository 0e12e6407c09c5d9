// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_ledger.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "troupe/peerstore/book/address_group.hpp"
#include "troupe/peerstore/rules/backoff.hpp"

namespace troupe {

namespace {

/// Silent for so long, and after so many dials, a peer makes way.
constexpr duration long_ago = std::chrono::hours{24 * 7};
constexpr uint32_t often = 10;

} // namespace

peer_ledger::peer_ledger(const node_id& own,
                         const peer_manager_options& options, entropy& random)
  : peers(own, options, random),
    book(options.max_peers, keyed_hash::draw_key(random)),
    bans(options.bans.max_banned),
    max_peers(options.max_peers) {}

void peer_ledger::advance(time_point to) {
  now = std::max(now, to);
  order.advance(now);
  while (auto id = bans.next_free(now))
    lift_ban(*id);
  served.look(*this);
}

bool peer_ledger::learn(const node_address& address) {
  auto& peer = peers.obtain(address.id);
  auto added = !peer.blocked && peers.add_address(peer, address, false);
  if (!peer.blocked && peer.find(address) != nullptr && !peer.named) {
    // Whoever filled the book has no say about it any more.
    peer.named = true;
    book.remove(address.id);
    changed(address.id);
  }
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

// -- hearsay ------------------------------------------------------------------

/// How ready a peer is to make way in the book: those that never answered, as
/// often as they were tried; and those that did not for a week and many times.
/// Nobody is forgotten for one bad hour.
uint32_t peer_ledger::makes_way(const node_id& id) const {
  const auto& peer = *peers.find(id);
  const auto* best = best_address(peer);
  if (peer.busy || peer.ban || peer.anchor || peer.urgent)
    return 0;
  if (best == nullptr)
    return UINT32_MAX;
  if (!peer.has_answered())
    return best->failures;
  const auto is_gone = std::all_of(
      peer.addresses.begin(), peer.addresses.end(), [this](const auto& x) {
        return x.failures >= often
               && (!x.last_success || now - *x.last_success > long_ago);
      });
  return is_gone ? best->failures : 0;
}

/// Whether another address for a peer counts: where somebody has answered, he
/// is found, and nobody else's word leads away from there. Unless he has left.
bool peer_ledger::takes_advice(const peer_record& peer) {
  const auto has_failed = [](const auto& x) { return x.failures > 0; };
  return !peer.has_answered()
         || std::all_of(peer.addresses.begin(), peer.addresses.end(),
                        has_failed);
}

bool peer_ledger::learn(const node_address& address, const informant& who) {
  auto* known = peers.find(address.id);
  if (known != nullptr && known->find(address) != nullptr)
    return false;
  if (known != nullptr && who.id != address.id && !takes_advice(*known))
    return false;
  const auto shelved = (known != nullptr && !known->is_hearsay())
                       || book.find(address.id) != nullptr;
  const book_entry entry{.group = address_group(address),
                         .source = who.id,
                         .source_group = who.group()};
  address_book::room room{.found = true};
  if (!shelved)
    room = book.find_room(address.id, entry,
                          [this](const auto& id) { return makes_way(id); });
  if (!room.found)
    return false;
  if (!peers.add_address(peers.obtain(address.id), address, false)) {
    // Whoever is new and got no place leaves nothing behind.
    forget_if_pointless(address.id);
    return false;
  }
  if (room.victim)
    drop(*room.victim);
  if (!shelved)
    book.insert(address.id, entry);
  peers.find(address.id)->incompatible.reset();
  changed(address.id);
  prune();
  return peers.find(address.id) != nullptr;
}

void peer_ledger::answered(const node_address& address) {
  auto* peer = peers.find(address.id);
  auto* known = peer != nullptr ? peer->find(address) : nullptr;
  if (known == nullptr)
    return;
  backoff::answered(*known);
  known->last_success = now;
  const auto out = book.answered(
      address.id, [this](const auto& id) { return makes_way(id); });
  if (out && book.find(*out) == nullptr)
    drop(*out);
}

void peer_ledger::shelve(const node_id& id, book_entry what) {
  // Buckets do not shrink for what was there before.
  const auto nobody = [](const node_id&) { return 0u; };
  if (book.find_room(id, what, nobody).found)
    book.insert(id, std::move(what));
}

/// A peer has lost its place in the book. What it did is remembered, where it
/// is is not.
void peer_ledger::drop(const node_id& id) {
  book.remove(id);
  auto* peer = peers.find(id);
  if (peer == nullptr)
    return;
  for (const auto& known : std::vector{peer->addresses})
    peers.drop_address(*peer, known.address);
  changed(id);
  forget_if_pointless(id);
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
    kept.forget(id);
  }
  book.remove(id);
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

// -- questions ----------------------------------------------------------------

informant peer_ledger::about(const node_id& id) const {
  return {.id = id, .where = connections.whereabouts(id)};
}

std::map<std::string, size_t> peer_ledger::outgoing_groups() const {
  std::map<std::string, size_t> result;
  for (const auto& [id, which] : connections.all())
    if (which.way == direction::outbound && which.stays())
      ++result[which.group];
  for (const auto& [id, attempt] : dials.all())
    if (!attempt.feeler)
      ++result[address_group(attempt.address)];
  return result;
}

} // namespace troupe
