// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_explanation.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

void explain_connection(peer_report& what, const live_connection& which,
                        time_point now) {
  what.way = which.way;
  what.info = which.info;
  what.connected_for = now - which.since;
  what.state = which.info ? peer_state::up : peer_state::connected;
  what.explanation = fmt::format("connected {} for {}", to_string(which.way),
                                 in_words(*what.connected_for));
  if (which.visits())
    what.explanation += ", visiting: there is no slot for it";
  if (which.stays())
    return;
  what.state = peer_state::evicting;
  what.explanation
      += fmt::format(", being closed: {}", to_string(which.evict_reason));
}

void explain_wait(peer_report& what, const peer_record& peer, time_point now) {
  what.state = peer_state::backing_off;
  what.wait = *peer.queued - now;
  auto next = in_words(*what.wait);
  const auto* best = best_address(peer);
  if (peer.incompatible)
    what.explanation = fmt::format("incompatible, {}: {}; tried again in {}",
                                   to_string(peer.incompatible->reason),
                                   peer.incompatible->detail, next);
  else if (peer.held_until >= *peer.queued)
    what.explanation = fmt::format("left alone for {}, as we ended its "
                                   "connection ourselves",
                                   next);
  else if (peer.dialable_at >= *peer.queued)
    what.explanation = fmt::format(
        "backing off for {} after its connection ended ({} short ones in a "
        "row)",
        next, peer.short_connections);
  else
    what.explanation
        = fmt::format("backing off for {} after {} failed dials of its best "
                      "address",
                      next, best->failures);
}

void explain_absence(peer_report& what, const peer_record& peer,
                     const peer_ledger& state,
                     const connection_policy& connections) {
  auto say = [&what](peer_state where, std::string text) {
    what.state = where;
    what.explanation = std::move(text);
  };
  if (const auto* attempt = state.dials.find(what.peer))
    return say(peer_state::dialing,
               fmt::format("being dialed at {}", attempt->address));
  if (peer.blocked)
    return say(peer_state::blocked, "blocked by the configuration");
  if (peer.ban) {
    what.wait = peer.ban->until - state.now;
    return say(peer_state::banned,
               fmt::format("banned for {} more{}: {}", in_words(*what.wait),
                           peer.ban->by_operator ? " by an operator" : "",
                           peer.ban->reason));
  }
  if (peer.hopeless())
    return say(peer_state::incompatible,
               fmt::format("incompatible since {} ago, {}: {}; not dialed "
                           "until something changes",
                           in_words(state.now - peer.incompatible->since),
                           to_string(peer.incompatible->reason),
                           peer.incompatible->detail));
  if (peer.addresses.empty())
    return say(peer_state::no_address,
               "nobody told us an address of it; it has to dial us");
  if (!peer.queued)
    return say(peer_state::address_in_use,
               "another peer is connected or being dialed at its addresses");
  if (*peer.queued > state.now)
    return explain_wait(what, peer, state.now);
  if (peer.kind == peer_class::unconditional
      || connections.for_dial(what.peer, state).code == errc::none)
    return say(peer_state::waiting, "to be dialed, as soon as it is its turn");
  say(peer_state::no_slot,
      fmt::format("no slot: {} connected, {} dialing, and nobody who is worse "
                  "by {} points could make way",
                  state.connections.taken().present(), state.dials.counted(),
                  connections.upgrade_margin()));
}

} // namespace

peer_report explain(const node_id& id, const peer_ledger& state,
                    const connection_policy& connections) {
  const auto& peer = *state.peers.find(id);
  auto until = [now = state.now](time_point when) {
    return std::max(when, now) - now;
  };
  peer_report result;
  result.peer = id;
  result.kind = peer.kind;
  result.is_private = peer.is_private;
  result.score = state.peers.explain_score(peer, state.now);
  result.cooldown = until(std::max(peer.dialable_at, peer.held_until));
  for (const auto& known : peer.addresses)
    result.addresses.push_back(
        {known.address, known.failures, until(known.retry_at)});
  if (const auto* which = state.connections.to(id))
    explain_connection(result, *which, state.now);
  else
    explain_absence(result, peer, state, connections);
  return result;
}

std::vector<peer_report> explain_all(size_t limit, const peer_ledger& state,
                                     const connection_policy& connections) {
  std::vector<peer_report> result;
  auto add = [&](const node_id& id) {
    if (result.size() < limit)
      result.push_back(explain(id, state, connections));
    return result.size() < limit;
  };
  auto connected = [&state](const node_id& id) {
    return state.connections.to(id) != nullptr;
  };
  for (const auto& [id, which] : state.connections.all())
    if (!add(id))
      return result;
  state.peers.best_first([&](const node_id& id, const peer_record&) {
    return connected(id) || add(id);
  });
  for (const auto& [until, id] : state.bans.all())
    if (!connected(id) && !add(id))
      break;
  return result;
}

} // namespace troupe
