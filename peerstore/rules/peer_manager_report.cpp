// SPDX-License-Identifier: Apache-2.0

// Why a peer is or is not connected, in words.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

std::optional<peer_report> peer_manager::describe(const node_id& id,
                                                  time_point now) {
  tick(now);
  const auto* peer = peers_.find(id);
  if (peer == nullptr)
    return std::nullopt;
  return describe(id, *peer);
}

std::vector<peer_report> peer_manager::list(size_t limit, time_point now) {
  tick(now);
  std::vector<peer_report> result;
  auto add = [&](const node_id& id, const peer_record& peer) {
    if (result.size() < limit)
      result.push_back(describe(id, peer));
    return result.size() < limit;
  };
  for (const auto& [id, which] : connections_.all())
    add(id, *peers_.find(id));
  peers_.best_first([&](const node_id& id, const peer_record& peer) {
    return connections_.to(id) != nullptr || add(id, peer);
  });
  peers_.banned_first_out([&](const node_id& id, const peer_record& peer) {
    return connections_.to(id) != nullptr || add(id, peer);
  });
  return result;
}

peer_report peer_manager::describe(const node_id& id,
                                   const peer_record& peer) const {
  peer_report result;
  result.peer = id;
  result.kind = peer.kind;
  result.is_private = peer.is_private;
  result.score = explain_score(peer, now_, options_.score);
  result.cooldown = std::max({peer.dialable_at, peer.held_until, now_}) - now_;
  for (const auto& known : peer.addresses)
    result.addresses.push_back(
        {known.address, known.failures, std::max(known.retry_at, now_) - now_});
  if (const auto* which = connections_.to(id))
    explain_connection(result, *which);
  else
    explain_absence(result, peer);
  return result;
}

void peer_manager::explain_connection(peer_report& what,
                                      const live_connection& which) const {
  what.way = which.way;
  what.connected_for = now_ - which.since;
  what.state = which.info ? peer_state::up : peer_state::connected;
  what.explanation = fmt::format("connected {} for {}", to_string(which.way),
                                 in_words(*what.connected_for));
  if (which.stays())
    return;
  what.state = peer_state::evicting;
  what.explanation
      += fmt::format(", being closed: {}", to_string(which.evict_reason));
}

void peer_manager::explain_absence(peer_report& what,
                                   const peer_record& peer) const {
  auto say = [&what](peer_state state, std::string text) {
    what.state = state;
    what.explanation = std::move(text);
  };
  if (const auto* attempt = dials_.find(what.peer))
    return say(peer_state::dialing,
               fmt::format("being dialed at {}", attempt->address));
  if (peer.blocked)
    return say(peer_state::blocked, "blocked by the configuration");
  if (peer.ban) {
    what.wait = peer.ban->until - now_;
    return say(peer_state::banned,
               fmt::format("banned for {} more{}: {}", in_words(*what.wait),
                           peer.ban->by_operator ? " by an operator" : "",
                           peer.ban->reason));
  }
  if (peer.incompatible && !peer.configured() && !peer.urgent)
    return say(peer_state::incompatible,
               fmt::format("incompatible since {} ago, {}: {}; not dialed "
                           "until something changes",
                           in_words(now_ - peer.incompatible->since),
                           to_string(peer.incompatible->reason),
                           peer.incompatible->detail));
  if (peer.addresses.empty())
    return say(peer_state::no_address,
               "nobody told us an address of it; it has to dial us");
  if (!peer.queued)
    return say(peer_state::address_in_use,
               "another peer is connected or being dialed at its addresses");
  if (*peer.queued > now_)
    return explain_wait(what, peer);
  if (peer.kind == peer_class::unconditional
      || may_dial(what.peer).code == errc::none)
    return say(peer_state::waiting, "to be dialed, as soon as it is its turn");
  say(peer_state::no_slot,
      fmt::format("no slot: {} connected, {} dialing, and nobody who is worse "
                  "by {} points could make way",
                  connections_.taken().present(), dials_.counted(),
                  options_.upgrade_margin));
}

void peer_manager::explain_wait(peer_report& what,
                                const peer_record& peer) const {
  what.state = peer_state::backing_off;
  what.wait = *peer.queued - now_;
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

} // namespace troupe
