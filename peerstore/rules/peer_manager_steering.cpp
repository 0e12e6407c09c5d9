// SPDX-License-Identifier: Apache-2.0

// What operators and reactors decide, what is stored, and what is asked.

#include <algorithm>
#include <utility>

#include "troupe/messages/property.hpp"
#include "troupe/peerstore/rules/peer_explanation.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

// -- behaviour and bans -------------------------------------------------------

errc peer_manager::report(const node_id& id, peer_behaviour what,
                          time_point now) {
  tick(now);
  if (state_.peers.find(id) == nullptr)
    return errc::unknown_peer;
  punish(id, what);
  return errc::none;
}

/// Punishes, or rewards, and draws the consequences.
void peer_manager::punish(const node_id& id, peer_behaviour what) {
  auto& peer = *state_.peers.find(id);
  auto verdict = conduct_.judge(peer, what, state_.now);
  updates_.judged(id, state_.connections.to(id), points_of(what) > 0,
                  state_.peers.explain_score(peer, state_.now).behaviour);
  state_.changed(id);
  if (verdict == sentence::evict)
    condemn(id, errc::misbehaved);
  sometimes<"troupe: misconduct ends in a ban">(verdict == sentence::ban);
  if (verdict == sentence::ban && !peer.ban)
    impose_ban(id, conduct_.next_ban(peer, what, state_.now), errc::misbehaved);
}

void peer_manager::impose_ban(const node_id& id, ban_record what, errc reason) {
  updates_.banned(id, state_.connections.to(id), {reason, what.reason});
  condemn(id, errc::banned, duration::zero(), what.reason);
  state_.peers.obtain(id).urgent = false;
  state_.ban(id, std::move(what));
}

errc peer_manager::ban(const node_id& id, duration how_long, std::string reason,
                       time_point now) {
  tick(now);
  if (id == own_ || !id)
    return errc::self_connection;
  if (how_long <= duration::zero())
    return errc::invalid_option;
  impose_ban(id, {after(state_.now, how_long), std::move(reason), true},
             errc::by_operator);
  return errc::none;
}

errc peer_manager::unban(const node_id& id, time_point now) {
  tick(now);
  auto* peer = state_.peers.find(id);
  if (peer == nullptr || !peer->ban)
    return errc::unknown_peer;
  conduct::pardon(*peer);
  state_.lift_ban(id);
  state_.prune();
  return errc::none;
}

// -- steering -----------------------------------------------------------------

errc peer_manager::dial_now(const node_address& address, time_point now) {
  tick(now);
  if (address.id == own_)
    return errc::self_connection;
  if (auto code = state_.check_ban(address.id); code != errc::none)
    return code;
  if (state_.connections.to(address.id) != nullptr)
    return errc::already_connected;
  return dial_flow::wish(address, state_);
}

errc peer_manager::disconnect(const node_id& id) {
  if (state_.connections.to(id) == nullptr)
    return errc::not_connected;
  condemn(id, errc::by_operator);
  return errc::none;
}

errc peer_manager::hang_up(const node_id& id, duration linger) {
  const auto* which = state_.connections.to(id);
  if (which == nullptr)
    return errc::not_connected;
  // A visitor that does not read what it asked for stays for no longer.
  auto most = max_linger;
  if (which->visit_ends)
    most = std::max(*which->visit_ends - state_.now, duration::zero());
  condemn(id, errc::hung_up, std::clamp(linger, duration::zero(), most));
  return errc::none;
}

failure peer_manager::set_limits(const connection_limits& limits,
                                 time_point now) {
  tick(now);
  if (auto bad = validate(limits, state_.peers.persistent(), state_.max_peers);
      bad.code != errc::none)
    return bad;
  keeping_.set_limits(limits);
  while (auto id = keeping_.surplus(state_))
    condemn(*id, errc::too_many_peers);
  return {};
}

void peer_manager::introduce(std::string profile, time_point now) {
  tick(now);
  dials_.introduce(std::move(profile), state_);
}

// -- stores -------------------------------------------------------------------

void peer_manager::load_secret(std::string_view secret) {
  records_.load_secret(secret, state_);
}

std::vector<std::string>
peer_manager::load(const std::vector<stored_peer>& peers, time_point now,
                   wall_time wall_now) {
  tick(now);
  auto problems = records_.load(peers, state_, wall_now);
  for (const auto& [id, peer] : state_.peers.records())
    if (peer.configured())
      notices_.consider(id, state_, keeping_);
  return problems;
}

store_changes peer_manager::take_changes(time_point now, wall_time wall_now) {
  tick(now);
  return records_.take_changes(state_, wall_now);
}

// -- queries ------------------------------------------------------------------

std::optional<peer_report> peer_manager::describe(const node_id& id,
                                                  time_point now) {
  tick(now);
  if (state_.peers.find(id) == nullptr)
    return std::nullopt;
  return explain(id, state_, keeping_);
}

std::vector<peer_report> peer_manager::list(size_t limit, time_point now) {
  tick(now);
  return explain_all(limit, state_, keeping_);
}

} // namespace troupe
