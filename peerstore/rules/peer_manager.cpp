// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_manager.hpp"

#include <algorithm>
#include <utility>

#include "troupe/messages/culprit.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/peerstore/book/address_group.hpp"

namespace troupe {

namespace {

/// How long what is queued for a visitor may take to get there.
constexpr duration farewell_time = std::chrono::seconds{1};

} // namespace

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
    strict_(options.address_book_strict),
    random_(&random),
    state_(own, options, random),
    conduct_(options.score, options.bans, options.stable_after),
    waits_(options.retry, options.disconnect_cooldown, random),
    keeping_(own, options),
    dialing_(options.dial_deadline, options.feeler_interval, random),
    dials_(waits_),
    probes_(options.probe_time),
    records_(own, options) {
  for (const auto* list : {&options.persistent_peers, &options.preferred_peers})
    for (const auto& address : *list)
      know_configured(address);
}

void peer_manager::know_configured(const node_address& address) {
  if (address.id == own_)
    return;
  auto& peer = state_.peers.obtain(address.id);
  // Where somebody is whose ID is all we know, others may tell.
  if (!address.protocol.empty()) {
    state_.peers.add_address(peer, address, true);
    peer.named = true;
  }
  state_.changed(address.id);
}

/// Makes what time alone changes happen.
void peer_manager::tick(time_point now) {
  state_.advance(now);
  dials_.expire(state_);
  state_.dials.fall_silent(state_.now);
  end_visits();
  state_.prune();
}

/// Those who came first go first.
void peer_manager::end_visits() {
  for (const auto& id : state_.connections.visitors()) {
    if (*state_.connections.to(id)->visit_ends > state_.now)
      return;
    condemn(id, errc::too_many_peers, farewell_time,
            "its visit is over, and there is no slot for it");
  }
}

std::optional<time_point> peer_manager::next_farewell() const {
  for (const auto& id : state_.connections.visitors())
    if (const auto* which = state_.connections.to(id); which->stays())
      return which->visit_ends;
  return std::nullopt;
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
  return dialing_.next_wakeup(keeping_, state_);
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

errc peer_manager::answered(const node_address& address, time_point now) {
  tick(now);
  const auto* attempt = state_.dials.find(address.id);
  if (attempt == nullptr)
    return errc::unknown_peer;
  auto code = keeping_.for_answered(address.id, *attempt, state_);
  if (code == errc::none)
    state_.dials.answered(address.id, after(state_.now, dial_patience));
  return code;
}

admission peer_manager::dialed(const node_address& address, time_point now,
                               const std::optional<endpoint>& remote) {
  tick(now);
  // Whatever the verdict, this dial is over.
  auto attempt = state_.end_dial(address.id);
  auto verdict = admit_dialed(address, attempt, remote);
  // Whoever was not to be forgotten while it was dialed may be now.
  state_.prune();
  return verdict;
}

admission peer_manager::admit_dialed(const node_address& address,
                                     const std::optional<dial_attempt>& attempt,
                                     const std::optional<endpoint>& remote) {
  if (address.id == own_)
    return {.code = errc::self_connection};
  auto* peer = state_.peers.find(address.id);
  if (peer == nullptr)
    return {.code = errc::unknown_peer};
  if (auto code = state_.check_ban(address.id); code != errc::none)
    return {.code = code};
  const auto& protocol = remote ? remote->protocol : address.protocol;
  auto verdict = keeping_.for_dialed(address.id, protocol, attempt, state_);
  const auto feeler = attempt && attempt->feeler;
  if (feeler) {
    state_.answered(address);
    state_.changed(address.id);
  }
  if (verdict.code != errc::none)
    return {.code = feeler && verdict.code == errc::too_many_peers
                        ? errc::hung_up
                        : verdict.code};
  if (verdict.victim) {
    reachable<"troupe: a dialed peer evicts a worse one">();
    condemn(*verdict.victim, errc::evicted);
  }
  state_.answered(address);
  return admit(address.id, {.way = direction::outbound,
                            .address = address,
                            .remote = remote,
                            .group = remote ? address_group(*remote)
                                            : address_group(address)});
}

// -- connections --------------------------------------------------------------

admission peer_manager::accepted(const node_id& id,
                                 const std::optional<ip_network>& subnet,
                                 time_point now,
                                 const std::optional<endpoint>& remote) {
  tick(now);
  if (id == own_)
    return {.code = errc::self_connection};
  if (auto code = state_.check_ban(id); code != errc::none)
    return {.code = code};
  const auto group = remote ? address_group(*remote) : std::string{};
  auto verdict = keeping_.for_accepted(
      id,
      {.protocol = remote ? remote->protocol : std::string{},
       .subnet = subnet,
       .group = group},
      state_);
  if (verdict.code == errc::already_connected)
    probes_.doubt(id, state_.connections, state_.now);
  if (verdict.code != errc::none)
    return {.code = verdict.code};
  if (verdict.victim) {
    reachable<"troupe: an accepted peer evicts a worse one">();
    condemn(*verdict.victim, errc::evicted);
  }
  auto& peer = state_.peers.obtain(id);
  if (verdict.visits)
    return admit(id, {.way = direction::inbound,
                      .subnet = subnet,
                      .visit_ends = after(state_.now, visit_time),
                      .remote = remote,
                      .group = group});
  for (auto& known : peer.addresses)
    backoff::answered(known);
  return admit(id, {.way = direction::inbound,
                    .subnet = subnet,
                    .remote = remote,
                    .group = group});
}

admission peer_manager::admit(const node_id& id, live_connection fresh) {
  admission verdict;
  if (const auto* existing = state_.connections.to(id)) {
    verdict.replaces = existing->generation;
    end_connection(id, {errc::already_connected, {}});
  }
  auto& peer = state_.peers.obtain(id);
  peer.incompatible.reset();
  verdict.preferred = peer.preferred;
  // A visit is no service, and not what an operator wished for.
  if (!fresh.visits()) {
    if (seniority_of(peer, state_.now) == duration::zero())
      peer.served_since.reset();
    peer.last_connected = state_.now;
    peer.urgent = false;
  }
  fresh.counted = !fresh.visits() && peer.kind != peer_class::unconditional;
  fresh.since = state_.now;
  const auto way = fresh.way;
  verdict.generation = state_.begin_connection(id, std::move(fresh));
  if (way == direction::outbound)
    state_.kept.began(id, state_);
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
  const auto* peer = state_.peers.find(which.peer);
  const auto kept
      = peer != nullptr
        && (peer->persistent || peer->kind == peer_class::unconditional);
  state_.connections.update(which.peer, [&info, kept](auto& what) {
    what.info = std::move(info);
    what.kept = kept;
  });
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
  reachable<"troupe: an error is reported when its connection has ended">();
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
  const auto visited = found->visits();
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
  auto* peer = state_.peers.find(which.peer);
  if (visited) {
    // It goes without waiting for its time to be over, and that is fine.
    if (peer != nullptr)
      waits_.ended(*peer, true, state_.now);
    state_.changed(which.peer);
  } else if (peer != nullptr) {
    conduct_.note_end(*peer, lasted, by_us, state_.now);
    waits_.ended(*peer, by_us, state_.now);
    state_.changed(which.peer);
    const auto lasting = conduct_.is_lasting(lasted)
                         && !behaviour_behind(reason)
                         && (!by_us || why == errc::shutting_down);
    state_.kept.ended(which.peer, lasting || why == errc::shutting_down,
                      state_);
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

void peer_manager::measured(const connection_ref& which, duration rtt) {
  if (state_.connections.find(which) == nullptr || rtt < duration::zero())
    return;
  state_.connections.update(which.peer, [rtt](auto& what) {
    what.rtt = std::min(rtt, what.rtt.value_or(rtt));
  });
}

// -- dead or alive ------------------------------------------------------------

std::optional<connection_ref> peer_manager::probe_next(time_point now) {
  tick(now);
  return probes_.next(state_.connections, state_.now);
}

void peer_manager::active(const connection_ref& which) {
  probe_queue::active(which, state_.connections);
}

} // namespace troupe
