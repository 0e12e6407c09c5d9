// SPDX-License-Identifier: Apache-2.0

// Whom the peer manager dials, and what it makes of the outcome.

#include <algorithm>
#include <tuple>
#include <utility>

#include "troupe/peerstore/rules/conduct.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

std::optional<node_address> peer_manager::dial_next(time_point now) {
  tick(now);
  if (auto id = free_queue_.front())
    return start_dial(*id);
  // If there is no room for the best one, there is none for those behind it.
  if (auto id = counted_queue_.front()) {
    auto verdict = may_dial(*id);
    if (verdict.code == errc::none) {
      if (verdict.victim)
        dials_.reserve(*verdict.victim, *id);
      return start_dial(*id);
    }
  }
  return std::nullopt;
}

std::optional<time_point> peer_manager::next_wakeup() const {
  std::optional<time_point> earliest;
  auto consider = [&earliest](const std::optional<time_point>& when) {
    if (when)
      earliest = earliest ? std::min(*earliest, *when) : *when;
  };
  if (auto oldest = dials_.oldest())
    consider(oldest->first);
  consider(free_queue_.due_since());
  consider(free_queue_.next_due());
  if (auto id = counted_queue_.front(); id && may_dial(*id).code == errc::none)
    consider(counted_queue_.due_since());
  // Whoever becomes due may be better than those who are.
  auto verdict = slots_.for_dial(connections_.taken(), count_dials());
  if (verdict.code == errc::none || verdict.victims)
    consider(counted_queue_.next_due());
  return earliest;
}

/// Marks the best address of a peer that is due as being dialed.
std::optional<node_address> peer_manager::start_dial(const node_id& id) {
  auto& peer = *peers_.find(id);
  const address_record* best = nullptr;
  for (const auto& known : peer.addresses) {
    if (known.retry_at > now_ || peers_.locations.occupied(known.address))
      continue;
    if (best == nullptr
        || std::tie(known.failures, known.retry_at)
               < std::tie(best->failures, best->retry_at))
      best = &known;
  }
  auto address = best->address;
  auto counted = peer.kind != peer_class::unconditional;
  dials_.insert({address, after(now_, options_.dial_deadline), counted,
                 dials_.reserved_for(id).has_value()});
  peer.urgent = false;
  peers_.locations.occupy(address);
  changed(id);
  requeue_claimants(address);
  return address;
}

dial_tally peer_manager::count_dials() const {
  auto takes_slot = [this](const auto& attempt) {
    return attempt.second.counted && connections_.to(attempt.first) == nullptr;
  };
  const auto& all = dials_.all();
  auto pending = std::count_if(all.begin(), all.end(), takes_slot);
  return {dials_.counted(), static_cast<size_t>(pending)};
}

peer_manager::permit peer_manager::may_dial(const node_id& id) const {
  auto [code, victims] = slots_.for_dial(connections_.taken(), count_dials());
  if (code == errc::none || !victims)
    return {code};
  auto victim = find_victim(id, *victims);
  return {victim ? errc::none : code, victim};
}

// -- the outcome --------------------------------------------------------------

std::optional<dial_attempt> peer_manager::end_dial(const node_id& id) {
  auto ended = dials_.erase(id);
  if (!ended)
    return ended;
  peers_.locations.vacate(ended->address);
  changed(id);
  requeue_claimants(ended->address);
  return ended;
}

errc peer_manager::dial_failed(const node_address& address, time_point now,
                               const failure& why) {
  tick(now);
  if (!end_dial(address.id))
    return errc::unknown_peer;
  note_failure(address, why);
  announce_wait(address.id);
  prune();
  return errc::none;
}

void peer_manager::note_failure(const node_address& address,
                                const failure& why) {
  // May forget the peer.
  if (why.code == errc::self_connection)
    found_self(address);
  auto* peer = peers_.find(address.id);
  auto* known = peer != nullptr ? peer->find(address) : nullptr;
  if (known == nullptr)
    return;
  switch (why.code) {
    case errc::self_connection:
      // Configured, or it would be gone. Whatever leads us in a circle may
      // change; the peer is not to blame.
      known->retry_at = after(now_, options_.retry.max_retry_time_persistent);
      break;
    case errc::wrong_network:
    case errc::wrong_block_version:
    case errc::no_common_channel:
      known->failures = 0;
      known->retry_at = time_point::min();
      mark_incompatible(address.id, why);
      return;
    case errc::unexpected_peer:
      if (!known->last_success && !known->configured) {
        peers_.drop_address(*peer, address);
        changed(address.id);
        forget_if_pointless(address.id);
        return;
      }
      [[fallthrough]];
    default:
      if (is_ours(why.code)) {
        peer->held_until = after(now_, options_.disconnect_cooldown);
        break;
      }
      increment(known->failures);
      known->last_failure = now_;
      known->retry_at
          = after(now_, draw_retry_delay(options_.retry, known->failures,
                                         peer->kind, *random_));
  }
  changed(address.id);
}

/// We answered at `address` ourselves: whoever is said to be there is not.
void peer_manager::found_self(const node_address& address) {
  self_.learn(address);
  if (auto* peer = peers_.find(address.id))
    peers_.drop_address(*peer, address);
  auto there = peers_.locations.claimants(address);
  there.push_back(address.id);
  for (const auto& id : there) {
    auto* peer = peers_.find(id);
    if (peer == nullptr)
      continue;
    for (const auto& known : std::vector{peer->addresses})
      if (self_.contains(known.address))
        peers_.drop_address(*peer, known.address);
    changed(id);
    forget_if_pointless(id);
  }
}

void peer_manager::mark_incompatible(const node_id& id, const failure& why) {
  auto* peer = peers_.find(id);
  if (peer == nullptr)
    return;
  peer->incompatible = incompatibility{now_, why.code, why.context, profile_};
  // Never give up a peer that the operator wants, but do not insist either.
  if (peer->configured())
    peer->dialable_at
        = std::max(peer->dialable_at,
                   after(now_, draw_retry_delay(options_.retry, UINT32_MAX,
                                                peer->kind, *random_)));
  changed(id);
}

admission peer_manager::dialed(const node_address& address, time_point now) {
  tick(now);
  // Whatever the verdict, this dial is over.
  auto attempt = end_dial(address.id);
  auto verdict = admit_dialed(address, attempt && attempt->upgrade);
  // Whoever was not to be forgotten while it was dialed may be now.
  prune();
  return verdict;
}

admission peer_manager::admit_dialed(const node_address& address,
                                     bool upgrade) {
  if (address.id == own_)
    return {.code = errc::self_connection};
  auto* peer = peers_.find(address.id);
  if (peer == nullptr)
    return {.code = errc::unknown_peer};
  if (auto code = check_ban(address.id); code != errc::none)
    return {.code = code};
  if (const auto* existing = connections_.to(address.id)) {
    auto code = check_replacement(address.id, {direction::outbound}, *existing);
    if (code != errc::none)
      return {.code = code};
  } else {
    auto verdict = may_connect(address.id, {direction::outbound}, upgrade);
    if (verdict.code != errc::none)
      return {.code = verdict.code};
    if (verdict.victim)
      connections_.condemn(*verdict.victim, errc::evicted);
  }
  if (auto* known = peer->find(address)) {
    known->failures = 0;
    known->retry_at = time_point::min();
    known->last_success = now_;
  }
  return admit(address.id, {.way = direction::outbound, .address = address});
}

} // namespace troupe
