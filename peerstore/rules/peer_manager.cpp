// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_manager.hpp"

#include <algorithm>
#include <utility>

#include "troupe/messages/culprit.hpp"
#include "troupe/peerstore/book/advertising.hpp"
#include "troupe/peerstore/rules/peer_explanation.hpp"

namespace troupe {

result<peer_manager> peer_manager::make(const node_id& own,
                                        const peer_manager_options& options,
                                        entropy& random) {
  if (!own)
    return failure{errc::invalid_node_id, "the node's own ID is null"};
  if (auto bad = validate(options, own); bad.code != errc::none)
    return bad;
  return peer_manager{own, options, random};
}

peer_manager::peer_manager(const node_id& own,
                           const peer_manager_options& options, entropy& random)
  : own_(own),
    self_address_(options.self_address),
    random_(&random),
    state_(own, options, random),
    conduct_(options.score, options.bans, options.stable_after),
    waits_(options.retry, options.disconnect_cooldown, random),
    keeping_(own, options),
    dialing_(options.dial_deadline),
    dials_(waits_),
    probes_(options.probe_time),
    records_(own, options) {
  for (const auto& address : options.persistent_peers) {
    if (address.id == own_)
      continue;
    state_.peers.add_address(state_.peers.obtain(address.id), address, true);
    state_.changed(address.id);
  }
}

/// Makes what time alone changes happen.
void peer_manager::tick(time_point now) {
  state_.advance(now);
  dials_.expire(state_);
  state_.prune();
}

// -- what is known ------------------------------------------------------------

result<bool> peer_manager::add(const node_address& address) {
  if (auto bad = validate(address); bad.code != errc::none)
    return bad;
  if (address.id == own_ || dials_.leads_to_us(address))
    return false;
  return state_.learn(address);
}

std::vector<node_address>
peer_manager::advertise(const node_id& asker, size_t limit, time_point now) {
  tick(now);
  std::vector<node_address> result;
  limit = std::min(limit, state_.max_peers);
  if (limit == 0)
    return result;
  if (self_address_ && !self_address_->hostname.empty()
      && self_address_->port != 0)
    result.push_back(*self_address_);
  auto others = choose_to_tell(state_.peers, asker, limit - result.size(),
                               state_.now, *random_);
  result.insert(result.end(), others.begin(), others.end());
  return result;
}

// -- dialing ------------------------------------------------------------------

std::optional<node_address> peer_manager::dial_next(time_point now) {
  tick(now);
  auto next = dialing_.next(keeping_, state_);
  if (!next)
    return std::nullopt;
  dial_flow::begin(*next, state_);
  return next->attempt.address;
}

std::optional<time_point> peer_manager::next_wakeup() const {
  return dial_policy::next_wakeup(keeping_, state_);
}

errc peer_manager::dial_failed(const node_address& address, time_point now,
                               const failure& why) {
  tick(now);
  if (!state_.end_dial(address.id))
    return errc::unknown_peer;
  dials_.failed(address, why, state_);
  notices_.consider(address.id, state_, keeping_);
  state_.prune();
  return errc::none;
}

admission peer_manager::dialed(const node_address& address, time_point now) {
  tick(now);
  // Whatever the verdict, this dial is over.
  auto attempt = state_.end_dial(address.id);
  auto verdict = admit_dialed(address, attempt);
  // Whoever was not to be forgotten while it was dialed may be now.
  state_.prune();
  return verdict;
}

admission
peer_manager::admit_dialed(const node_address& address,
                           const std::optional<dial_attempt>& attempt) {
  if (address.id == own_)
    return {.code = errc::self_connection};
  auto* peer = state_.peers.find(address.id);
  if (peer == nullptr)
    return {.code = errc::unknown_peer};
  if (auto code = state_.check_ban(address.id); code != errc::none)
    return {.code = code};
  auto verdict = keeping_.for_dialed(address.id, attempt, state_);
  if (verdict.code != errc::none)
    return {.code = verdict.code};
  if (verdict.victim)
    condemn(*verdict.victim, errc::evicted);
  if (auto* known = peer->find(address)) {
    backoff::answered(*known);
    known->last_success = state_.now;
  }
  return admit(address.id, {.way = direction::outbound, .address = address});
}

// -- connections --------------------------------------------------------------

admission peer_manager::accepted(const node_id& id,
                                 const std::optional<ip_network>& subnet,
                                 time_point now) {
  tick(now);
  if (id == own_)
    return {.code = errc::self_connection};
  if (auto code = state_.check_ban(id); code != errc::none)
    return {.code = code};
  auto verdict = keeping_.for_accepted(id, subnet, state_);
  if (verdict.code == errc::already_connected)
    probes_.doubt(id, state_.connections, state_.now);
  if (verdict.code != errc::none)
    return {.code = verdict.code};
  if (verdict.victim)
    condemn(*verdict.victim, errc::evicted);
  for (auto& known : state_.peers.obtain(id).addresses)
    backoff::answered(known);
  return admit(id, {.way = direction::inbound, .subnet = subnet});
}

admission peer_manager::admit(const node_id& id, live_connection fresh) {
  admission verdict;
  if (const auto* existing = state_.connections.to(id)) {
    verdict.replaces = existing->generation;
    end_connection(id, {errc::already_connected, {}});
  }
  auto& peer = state_.peers.obtain(id);
  peer.last_connected = state_.now;
  peer.incompatible.reset();
  peer.urgent = false;
  fresh.counted = peer.kind != peer_class::unconditional;
  fresh.since = state_.now;
  verdict.generation = state_.begin_connection(id, std::move(fresh));
  state_.prune();
  return verdict;
}

errc peer_manager::incompatible(const node_id& id, const failure& why,
                                time_point now) {
  tick(now);
  if (!is_incompatibility(why.code))
    return errc::invalid_state;
  if (state_.peers.find(id) == nullptr)
    return errc::unknown_peer;
  dials_.misfit(id, why, state_);
  return errc::none;
}

errc peer_manager::ready(const connection_ref& which, peer_info info) {
  const auto* found = state_.connections.find(which);
  if (found == nullptr)
    return errc::not_connected;
  if (!found->stays())
    return found->evict_reason;
  if (found->info)
    return errc::invalid_state;
  state_.connections.update(
      which.peer, [&info](auto& what) { what.info = std::move(info); });
  updates_.up(which.peer, *found);
  return errc::none;
}

errc peer_manager::errored(const connection_ref& which, errc reason,
                           time_point now, std::string text) {
  tick(now);
  if (state_.connections.find(which) == nullptr)
    return errc::not_connected;
  condemn(which.peer, reason != errc::none ? reason : errc::evicted,
          duration::zero(), std::move(text));
  if (auto what = behaviour_behind(reason)) {
    state_.connections.update(which.peer, [](auto& it) { it.blamed = true; });
    punish(which.peer, *what);
  }
  return errc::none;
}

errc peer_manager::late_error(const connection_ref& which, errc reason,
                              time_point now) {
  tick(now);
  auto what = behaviour_behind(reason);
  if (!what || !unblamed_.take(which))
    return errc::not_connected;
  state_.peers.obtain(which.peer);
  punish(which.peer, *what);
  state_.prune();
  return errc::none;
}

/// A connection has to end, if there is one. Nobody waits any longer for it to
/// make way.
void peer_manager::condemn(const node_id& id, errc reason, duration linger,
                           std::string text) {
  state_.dials.release(id);
  state_.connections.condemn(id, reason, linger, std::move(text));
}

std::optional<eviction> peer_manager::evict_next() {
  return state_.connections.evict_next();
}

errc peer_manager::disconnected(const connection_ref& which, errc reason,
                                time_point now, std::string text) {
  tick(now);
  const auto* found = state_.connections.find(which);
  if (found == nullptr)
    return errc::not_connected;
  auto lasted = state_.now - found->since;
  // How the connection broke in the end says less than why we broke it.
  const auto decided = !found->stays();
  const auto why = decided ? found->evict_reason : reason;
  const auto by_us = is_ours(why);
  if (decided)
    text = found->evict_text;
  end_connection(which.peer, {why, std::move(text)});
  // Unless we had decided, nobody has been blamed yet.
  if (auto what = behaviour_behind(reason); what && !decided)
    punish(which.peer, *what);
  if (auto* peer = state_.peers.find(which.peer)) {
    conduct_.note_end(*peer, lasted, by_us, state_.now);
    waits_.ended(*peer, by_us, state_.now);
    state_.changed(which.peer);
  }
  notices_.consider(which.peer, state_, keeping_);
  state_.forget_if_pointless(which.peer);
  state_.prune();
  return errc::none;
}

void peer_manager::end_connection(const node_id& id, const failure& reason) {
  auto gone = state_.end_connection(id);
  if (!gone.blamed && !behaviour_behind(reason.code))
    unblamed_.add({id, gone.generation});
  probes_.forget({id, gone.generation});
  if (gone.info)
    updates_.down(id, gone, reason);
}

// -- dead or alive ------------------------------------------------------------

std::optional<connection_ref> peer_manager::probe_next(time_point now) {
  tick(now);
  return probes_.next(state_.connections, state_.now);
}

void peer_manager::active(const connection_ref& which) {
  probe_queue::active(which, state_.connections);
}

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
  if (state_.connections.to(id) == nullptr)
    return errc::not_connected;
  condemn(id, errc::hung_up, std::clamp(linger, duration::zero(), max_linger));
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
