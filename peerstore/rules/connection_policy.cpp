// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/connection_policy.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "troupe/messages/property.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/peerstore/rules/inbound_seniority.hpp"

namespace troupe {

namespace {

/// Dials in flight for which `counts` holds, and those that become connections
/// of their own instead of replacing one.
template <class Predicate>
dial_tally count_dials(const peer_ledger& state, Predicate counts) {
  dial_tally result;
  for (const auto& [id, attempt] : state.dials.all()) {
    if (!attempt.counted || attempt.silent || !counts(id, attempt))
      continue;
    ++result.all;
    if (!state.connections.holds(id))
      ++result.pending;
  }
  return result;
}

/// How many are dialed for a slot while others are silent.
constexpr size_t dials_per_slot = 3;

/// Which slots the dials in flight take. Those of which nothing is heard take
/// none; and where there are some, half of the addresses may be such: then
/// several are dialed for a slot, and the first that answers has it.
dial_tally taken_by_dials(const peer_ledger& state) {
  const auto answered = count_dials(
      state, [](const auto&, const auto& x) { return x.answered; });
  const auto waiting = count_dials(
      state, [](const auto&, const auto& x) { return !x.answered; });
  const size_t share = state.dials.silent() > 0 ? dials_per_slot : 1;
  return {answered.all + waiting.all / share,
          answered.pending + waiting.pending / share};
}

} // namespace

bool goes_before(std::string_view protocol, std::string_view other) {
  return protocol == quic_protocol && other != quic_protocol;
}

connection_policy::connection_policy(const node_id& own,
                                     const peer_manager_options& options)
  : own_(own),
    upgrade_margin_(options.upgrade_margin),
    probe_time_(options.probe_time),
    slots_(limits_of(options)) {}

// -- dials --------------------------------------------------------------------

permit connection_policy::for_dial(const node_id& id,
                                   const peer_ledger& state) const {
  auto [code, victims]
      = slots_.for_dial(state.connections.taken(), taken_by_dials(state));
  if (code == errc::none || !victims)
    return {code};
  auto victim = find_victim(id, *victims, state);
  return {victim ? errc::none : code, victim};
}

bool connection_policy::may_dial(const peer_ledger& state) const {
  auto verdict
      = slots_.for_dial(state.connections.taken(), taken_by_dials(state));
  return verdict.code == errc::none || verdict.victims;
}

errc connection_policy::for_answered(const node_id& id,
                                     const dial_attempt& attempt,
                                     const peer_ledger& state) const {
  // Where somebody makes way, or has to go anyway, there is a slot.
  if (!attempt.counted || attempt.upgrade || state.connections.holds(id))
    return errc::none;
  const auto others = count_dials(state, [&id](const auto& who, const auto& x) {
    return x.answered && who != id;
  });
  return slots_.for_dial(state.connections.taken(), others).code;
}

// -- connections --------------------------------------------------------------

permit connection_policy::for_accepted(const node_id& id,
                                       const fresh_connection& fresh,
                                       const peer_ledger& state) const {
  const auto claim = slot_claim{direction::inbound, fresh.subnet};
  if (const auto* existing = state.connections.to(id))
    return {for_second(id, claim, fresh.protocol, *existing, state)};
  auto verdict = for_slot(id, claim, fresh.group, state);
  if (verdict.code != errc::none && may_visit(fresh.subnet, state))
    return {.visits = true};
  return verdict;
}

permit connection_policy::for_slot(const node_id& id, const slot_claim& fresh,
                                   const std::string& group,
                                   const peer_ledger& state) const {
  auto verdict = for_first(id, fresh, state);
  if (verdict.code == errc::none)
    return verdict;
  // Nobody is worse. Somebody may be one of too many, or far younger.
  auto victims
      = slots_.for_connection(state.connections.taken(), fresh).victims;
  if (!victims)
    return verdict;
  const auto all = inbound_peers(*victims, state);
  auto victim = choose_for_diversity(all, group, state.book.hash());
  const auto* known = state.peers.find(id);
  if (!victim && known != nullptr)
    victim = choose_for_seniority(all, group, seniority_of(*known, state.now));
  return victim ? permit{errc::none, victim} : verdict;
}

/// Strangers may have all places there are for visitors, as whoever comes gets
/// one; but not those of a single network.
bool connection_policy::may_visit(const std::optional<ip_network>& subnet,
                                  const peer_ledger& state) const {
  const auto& visitors = state.connections.visitors();
  if (visitors.size() >= limits().max_visitors)
    return false;
  return !subnet
         || std::none_of(visitors.begin(), visitors.end(),
                         [&](const node_id& id) {
                           return state.connections.to(id)->subnet == subnet;
                         });
}

permit connection_policy::for_dialed(const node_id& id,
                                     std::string_view protocol,
                                     const std::optional<dial_attempt>& attempt,
                                     const peer_ledger& state) const {
  const auto fresh = slot_claim{direction::outbound};
  if (const auto* existing = state.connections.to(id))
    if (auto code = for_second(id, fresh, protocol, *existing, state);
        code != errc::none || !existing->visits())
      return {code};
  // Whoever visits has no slot that it could keep.
  auto verdict = for_first(id, fresh, state);
  if (verdict.victim && !(attempt && attempt->upgrade))
    return {errc::too_many_peers};
  return verdict;
}

errc connection_policy::for_second(const node_id& id, const slot_claim& fresh,
                                   std::string_view protocol,
                                   const live_connection& existing,
                                   const peer_ledger& state) const {
  // When two nodes dial each other at the same time, both have to close the
  // same one of the two connections, and neither knows what the other has seen
  // so far.
  auto survives = (fresh.way == direction::outbound) == (own_ < id);
  auto better = goes_before(protocol, existing.protocol());
  auto worse = goes_before(existing.protocol(), protocol);
  auto simultaneous = existing.way != fresh.way && survives && !worse;
  // Whoever visits and comes again has no slot to pass on.
  auto visits_again = fresh.way == direction::inbound && existing.visits();
  auto renews = fresh.way == direction::inbound && !existing.visits()
                && existing.silent_for(state.now) >= probe_time_;
  sometimes<"troupe: of two simultaneous dials, the newer one stays">(
      simultaneous);
  sometimes<"troupe: a new connection replaces one that went silent">(renews);
  if (!simultaneous && !renews && (!better || visits_again))
    return errc::already_connected;
  if (!existing.counted)
    return errc::none;
  return slots_.for_replacement(state.connections.taken(), existing.claim(),
                                existing.stays(), fresh);
}

permit connection_policy::for_first(const node_id& id, const slot_claim& fresh,
                                    const peer_ledger& state) const {
  if (state.peers.is_unconditional(id))
    return {};
  auto [code, victims]
      = slots_.for_connection(state.connections.taken(), fresh);
  if (code == errc::none || !victims)
    return {code};
  // Whoever was to make way for this peer's dial makes way for the peer.
  if (auto from = state.dials.reserved_for(id)) {
    const auto* victim = state.connections.to(*from);
    if (victim->stays() && victims->contains(victim->claim()))
      return {errc::none, from};
  }
  auto victim = find_victim(id, *victims, state);
  return {victim ? errc::none : code, victim};
}

/// Returns the worst connection that a peer may take the place of: that of an
/// ordinary peer, worse by the margin. Among equals the youngest, so that
/// whoever comes in great numbers replaces its own.
std::optional<node_id>
connection_policy::find_victim(const node_id& id, const slot_scope& scope,
                               const peer_ledger& state) const {
  std::optional<std::pair<double, duration>> worst;
  std::optional<node_id> result;
  for (const auto& [other, which] : state.connections.all()) {
    if (!which.counted || !which.stays() || other == id
        || !scope.contains(which.claim()) || state.dials.is_reserved(other)
        || state.peers.find(other)->configured())
      continue;
    auto rank = std::pair{state.peers.score_of(other, state.now),
                          state.now - which.since};
    if (worst && *worst <= rank)
      continue;
    worst = rank;
    result = other;
  }
  if (worst
      && worst->first + upgrade_margin_ > state.peers.score_of(id, state.now))
    return std::nullopt;
  return result;
}

std::vector<inbound_peer>
connection_policy::inbound_peers(const slot_scope& scope,
                                 const peer_ledger& state) {
  std::vector<inbound_peer> all;
  for (const auto& [id, which] : state.connections.all()) {
    if (!which.counted || which.way != direction::inbound || !which.stays())
      continue;
    const auto& peer = *state.peers.find(id);
    all.push_back(
        {.id = id,
         .group = which.group,
         .age = state.now - which.since,
         .seniority = seniority_of(peer, state.now),
         .rtt = which.rtt,
         .points = state.peers.explain_score(peer, state.now).behaviour,
         .may_go = scope.contains(which.claim()) && !peer.configured()
                   && !state.dials.is_reserved(id)});
  }
  return all;
}

std::optional<node_id>
connection_policy::surplus(const peer_ledger& state) const {
  auto scope = slots_.surplus(state.connections.taken());
  if (!scope)
    return std::nullopt;
  std::optional<std::pair<double, node_id>> worst;
  for (const auto& [id, which] : state.connections.all()) {
    if (!which.counted || !which.stays() || !scope->contains(which.claim()))
      continue;
    auto rank = std::pair{state.peers.score_of(id, state.now), id};
    worst = worst ? std::min(*worst, rank) : rank;
  }
  return worst->second;
}

} // namespace troupe
