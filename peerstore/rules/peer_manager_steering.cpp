// SPDX-License-Identifier: Apache-2.0

// What reactors say about peers, and what operators want.

#include <algorithm>
#include <cmath>
#include <utility>

#include "troupe/messages/blame.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

// -- behaviour ----------------------------------------------------------------

errc peer_manager::report(const node_id& id, peer_behaviour what,
                          time_point now) {
  tick(now);
  if (peers_.find(id) == nullptr)
    return errc::unknown_peer;
  punish(id, what);
  return errc::none;
}

errc peer_manager::errored(const connection_ref& which, errc reason,
                           time_point now) {
  tick(now);
  if (connections_.find(which) == nullptr)
    return errc::not_connected;
  connections_.condemn(which.peer,
                       reason != errc::none ? reason : errc::evicted);
  if (auto what = behaviour_behind(reason))
    punish(which.peer, *what);
  return errc::none;
}

/// Punishes, or rewards, and draws the consequences.
void peer_manager::punish(const node_id& id, peer_behaviour what) {
  auto& peer = *peers_.find(id);
  auto verdict = judge(peer, what, now_, options_.score);
  const auto* which = connections_.to(id);
  auto score = peer.behaviour.at(now_, options_.score.half_life);
  updates_.push_back(
      {.peer = id,
       .status = points_of(what) > 0 ? peer_status::good : peer_status::bad,
       .generation = which != nullptr ? which->generation : 0,
       .way = which != nullptr ? which->way : direction::inbound,
       .score_milli = std::llround(score * 1000)});
  changed(id);
  if (verdict == sentence::evict)
    connections_.condemn(id, errc::misbehaved);
  if (verdict == sentence::ban && !peer.ban) {
    auto until = after(now_, next_ban_time(peer, now_, options_.bans));
    auto reason = std::string{"misbehaved: "}.append(to_string(what));
    impose_ban(id, {until, std::move(reason)}, errc::misbehaved);
  }
}

// -- bans ---------------------------------------------------------------------

void peer_manager::impose_ban(const node_id& id, ban_record what, errc reason) {
  auto gives_way = peers_.ban(id, std::move(what));
  auto* peer = peers_.find(id);
  peer->urgent = false;
  const auto* which = connections_.to(id);
  updates_.push_back({.peer = id,
                      .status = peer_status::banned,
                      .generation = which != nullptr ? which->generation : 0,
                      .way = which != nullptr ? which->way : direction::inbound,
                      .reason = reason});
  connections_.condemn(id, errc::banned);
  dials_.release(id);
  changed(id);
  if (gives_way) {
    peers_.lift_ban(*gives_way);
    changed(*gives_way);
    forget_if_pointless(*gives_way);
    prune();
  }
}

errc peer_manager::ban(const node_id& id, duration how_long, std::string reason,
                       time_point now) {
  tick(now);
  if (id == own_ || !id)
    return errc::self_connection;
  if (how_long <= duration::zero())
    return errc::invalid_option;
  impose_ban(id, {after(now_, how_long), std::move(reason), true},
             errc::by_operator);
  return errc::none;
}

errc peer_manager::unban(const node_id& id, time_point now) {
  tick(now);
  auto* peer = peers_.find(id);
  if (peer == nullptr || !peer->ban)
    return errc::unknown_peer;
  peers_.lift_ban(id);
  peer->behaviour = {};
  peer->bans = 0;
  peer->last_fatal.reset();
  changed(id);
  forget_if_pointless(id);
  prune();
  return errc::none;
}

// -- steering -----------------------------------------------------------------

errc peer_manager::dial_now(const node_address& address, time_point now) {
  tick(now);
  if (address.id == own_)
    return errc::self_connection;
  if (auto code = check_ban(address.id); code != errc::none)
    return code;
  if (connections_.to(address.id) != nullptr)
    return errc::already_connected;
  if (!address.protocol.empty()) {
    if (auto bad = validate(address); bad.code != errc::none)
      return bad.code;
    // Told by an operator, as good as if it stood in the configuration.
    peers_.add_address(peers_.obtain(address.id), address, true);
  }
  auto* peer = peers_.find(address.id);
  if (peer == nullptr || peer->addresses.empty())
    return errc::unknown_peer;
  peer->urgent = true;
  peer->incompatible.reset();
  peer->dialable_at = time_point::min();
  peer->held_until = time_point::min();
  for (auto& known : peer->addresses)
    known.retry_at = time_point::min();
  changed(address.id);
  prune();
  return errc::none;
}

errc peer_manager::disconnect(const node_id& id) {
  if (connections_.to(id) == nullptr)
    return errc::not_connected;
  connections_.condemn(id, errc::by_operator);
  dials_.release(id);
  return errc::none;
}

errc peer_manager::hang_up(const node_id& id, duration linger) {
  if (connections_.to(id) == nullptr)
    return errc::not_connected;
  connections_.condemn(id, errc::hung_up,
                       std::clamp(linger, duration::zero(), max_linger));
  dials_.release(id);
  return errc::none;
}

failure peer_manager::set_limits(const connection_limits& limits,
                                 time_point now) {
  tick(now);
  size_t persistent = 0;
  peers_.best_first([&persistent](const node_id&, const peer_record& peer) {
    if (peer.kind == peer_class::persistent)
      ++persistent;
    return peer.configured();
  });
  if (auto bad = validate(limits, persistent, options_.max_peers);
      bad.code != errc::none)
    return bad;
  slots_ = slots{limits};
  // Makes the connections fit the limits again.
  while (auto scope = slots_.surplus(connections_.taken()))
    evict_worst(*scope);
  settling_ = slots_.is_overcrowded(connections_.taken());
  return {};
}

void peer_manager::evict_worst(const slot_scope& scope) {
  std::optional<std::pair<double, node_id>> worst;
  for (const auto& [id, which] : connections_.all()) {
    if (!which.counted || !which.stays() || !scope.contains(which.claim()))
      continue;
    auto rank = std::pair{score_of(id), id};
    worst = worst ? std::min(*worst, rank) : rank;
  }
  connections_.condemn(worst->second, errc::too_many_peers);
  dials_.release(worst->second);
}

void peer_manager::introduce(std::string profile, time_point now) {
  tick(now);
  profile_ = std::move(profile);
  for (const auto& id : peers()) {
    auto& peer = *peers_.find(id);
    if (!peer.incompatible || peer.incompatible->with == profile_)
      continue;
    peer.incompatible.reset();
    peer.dialable_at = now_;
    changed(id);
  }
}

} // namespace troupe
