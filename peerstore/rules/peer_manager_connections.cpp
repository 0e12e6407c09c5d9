// SPDX-License-Identifier: Apache-2.0

// Which connections the peer manager keeps, and which it ends.

#include <algorithm>
#include <tuple>
#include <utility>

#include "troupe/messages/blame.hpp"
#include "troupe/peerstore/rules/conduct.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

// -- admission ----------------------------------------------------------------

admission peer_manager::accepted(const node_id& id,
                                 const std::optional<ip_network>& subnet,
                                 time_point now) {
  tick(now);
  const auto fresh = slot_claim{direction::inbound, subnet};
  if (id == own_)
    return {.code = errc::self_connection};
  if (auto code = check_ban(id); code != errc::none)
    return {.code = code};
  if (const auto* existing = connections_.to(id)) {
    auto code = check_replacement(id, fresh, *existing);
    if (code != errc::none) {
      if (code == errc::already_connected)
        doubt(id);
      return {.code = code};
    }
  } else {
    auto verdict = may_connect(id, fresh, true);
    if (verdict.code != errc::none)
      return {.code = verdict.code};
    if (verdict.victim) {
      dials_.release(*verdict.victim);
      connections_.condemn(*verdict.victim, errc::evicted);
    }
  }
  // It is alive, so whatever kept us from reaching it may be over.
  for (auto& known : peers_.obtain(id).addresses) {
    known.failures = 0;
    known.retry_at = time_point::min();
  }
  return admit(id, {.way = direction::inbound, .subnet = subnet});
}

errc peer_manager::check_ban(const node_id& id) const {
  // A peer that nobody knows may be blocked nevertheless.
  if (peers_.is_blocked(id))
    return errc::filtered;
  const auto* peer = peers_.find(id);
  return peer != nullptr && peer->ban ? errc::banned : errc::none;
}

errc peer_manager::check_replacement(const node_id& id, const slot_claim& fresh,
                                     const live_connection& existing) const {
  // When two nodes dial each other at the same time, both have to close the
  // same one of the two connections, and neither knows what the other has seen
  // so far.
  auto survives = (fresh.way == direction::outbound) == (own_ < id);
  auto simultaneous = existing.way != fresh.way && survives;
  auto renews = fresh.way == direction::inbound && is_dead(existing);
  if (!simultaneous && !renews)
    return errc::already_connected;
  if (!existing.counted)
    return errc::none;
  return slots_.for_replacement(connections_.taken(), existing.claim(),
                                existing.stays(), fresh);
}

peer_manager::permit peer_manager::may_connect(const node_id& id,
                                               const slot_claim& fresh,
                                               bool upgrade) const {
  if (peers_.is_unconditional(id))
    return {};
  auto [code, victims] = slots_.for_connection(connections_.taken(), fresh);
  if (code == errc::none || !victims || !upgrade)
    return {code};
  // Whoever was to make way for this peer's dial makes way for the peer.
  if (auto from = dials_.reserved_for(id)) {
    const auto* victim = connections_.to(*from);
    if (victim->stays() && victims->contains(victim->claim()))
      return {errc::none, from};
  }
  auto victim = find_victim(id, *victims);
  return {victim ? errc::none : code, victim};
}

double peer_manager::score_of(const node_id& id) const {
  const auto* peer = peers_.find(id);
  if (peer == nullptr)
    return base_score(peer_class::ordinary);
  auto total = explain_score(*peer, now_, options_.score).total();
  // An operator's wish is worth any ordinary peer.
  return peer->urgent ? std::max(total, base_score(peer_class::persistent))
                      : total;
}

/// Returns the worst connection that a peer may take the place of: that of an
/// ordinary peer, worse by the margin. Among equals the youngest, so that
/// whoever comes in great numbers replaces its own.
std::optional<node_id>
peer_manager::find_victim(const node_id& id, const slot_scope& scope) const {
  std::optional<std::pair<double, duration>> worst;
  std::optional<node_id> result;
  for (const auto& [other, which] : connections_.all()) {
    const auto* peer = peers_.find(other);
    if (!which.counted || !which.stays() || other == id
        || !scope.contains(which.claim()) || dials_.is_reserved(other)
        || peer->configured())
      continue;
    auto rank = std::pair{score_of(other), now_ - which.since};
    if (worst && *worst <= rank)
      continue;
    worst = rank;
    result = other;
  }
  if (worst && worst->first + options_.upgrade_margin > score_of(id))
    return std::nullopt;
  return result;
}

admission peer_manager::admit(const node_id& id, live_connection fresh) {
  admission verdict;
  if (const auto* existing = connections_.to(id)) {
    verdict.replaces = existing->generation;
    remove_connection(id, errc::already_connected);
  }
  auto& peer = peers_.obtain(id);
  peer.last_connected = now_;
  peer.incompatible.reset();
  peer.urgent = false;
  fresh.counted = peer.kind != peer_class::unconditional;
  fresh.since = now_;
  peers_.locations.occupy(fresh.address);
  auto address = fresh.address;
  verdict.generation = connections_.insert(id, std::move(fresh));
  changed(id);
  requeue_claimants(address);
  prune();
  return verdict;
}

errc peer_manager::incompatible(const node_id& id, const failure& why,
                                time_point now) {
  tick(now);
  if (!is_incompatibility(why.code))
    return errc::invalid_state;
  if (peers_.find(id) == nullptr)
    return errc::unknown_peer;
  mark_incompatible(id, why);
  return errc::none;
}

// -- the end ------------------------------------------------------------------

std::optional<eviction> peer_manager::evict_next() {
  return connections_.evict_next();
}

errc peer_manager::disconnected(const connection_ref& which, errc reason,
                                time_point now) {
  tick(now);
  const auto* found = connections_.find(which);
  if (found == nullptr)
    return errc::not_connected;
  auto lasted = now_ - found->since;
  // How the connection broke in the end says less than why we broke it.
  const auto decided = !found->stays();
  const auto why = decided ? found->evict_reason : reason;
  remove_connection(which.peer, why);
  // Unless we had decided, nobody has been blamed yet.
  if (auto what = behaviour_behind(reason); what && !decided)
    punish(which.peer, *what);
  settling_ = settling_ && slots_.is_overcrowded(connections_.taken());
  note_end(*peers_.find(which.peer), lasted, is_ours(why));
  changed(which.peer);
  announce_wait(which.peer);
  forget_if_pointless(which.peer);
  prune();
  return errc::none;
}

/// What the length of a connection says about its peer. Nothing bad, if it was
/// us who ended it: the peer waits a little, so that we do not come back at
/// once, and that is not remembered.
void peer_manager::note_end(peer_record& peer, duration lasted, bool by_us) {
  // Old penalties are as old as the last end that counts.
  if (!by_us || peer.short_connections == 0)
    peer.last_disconnected = now_;
  if (lasted >= options_.stable_after) {
    peer.short_connections = 0;
    peer.behaviour.add(points_of(peer_behaviour::stable_connection), now_,
                       options_.score);
  } else if (!by_us) {
    increment(peer.short_connections);
  }
  if (by_us) {
    peer.held_until = after(now_, options_.disconnect_cooldown);
    return;
  }
  auto wait = doubled(options_.disconnect_cooldown, peer.short_connections,
                      longest_retry_time(options_.retry, peer.kind));
  peer.dialable_at = std::max(peer.dialable_at, after(now_, wait));
}

void peer_manager::remove_connection(const node_id& id, errc reason) {
  dials_.release(id);
  auto gone = connections_.erase(id);
  if (gone.info)
    updates_.push_back({.peer = id,
                        .status = peer_status::down,
                        .generation = gone.generation,
                        .way = gone.way,
                        .reason = reason});
  std::erase(probes_, connection_ref{id, gone.generation});
  peers_.locations.vacate(gone.address);
  changed(id);
  requeue_claimants(gone.address);
}

// -- dead or alive ------------------------------------------------------------

/// The peer came in although it is connected. Either that is a mistake, or it
/// has lost the connection in a way that we did not notice.
void peer_manager::doubt(const node_id& id) {
  const auto& existing = *connections_.to(id);
  auto last = existing.doubted_at.value_or(existing.since);
  if (!existing.stays() || now_ - last < options_.probe_time)
    return;
  auto which = connection_ref{id, existing.generation};
  if (std::find(probes_.begin(), probes_.end(), which) != probes_.end())
    return;
  connections_.update(id, [this](auto& what) { what.doubted_at = now_; });
  probes_.push_back(which);
}

std::optional<connection_ref> peer_manager::probe_next(time_point now) {
  tick(now);
  if (probes_.empty())
    return std::nullopt;
  auto which = probes_.front();
  probes_.pop_front();
  connections_.update(which.peer, [this](auto& what) {
    if (!what.probed_at)
      what.probed_at = now_;
  });
  return which;
}

void peer_manager::active(const connection_ref& which) {
  if (connections_.find(which) != nullptr)
    connections_.update(which.peer, [](auto& what) { what.probed_at.reset(); });
}

bool peer_manager::is_dead(const live_connection& existing) const {
  return existing.probed_at
         && now_ - *existing.probed_at >= options_.probe_time;
}

} // namespace troupe
