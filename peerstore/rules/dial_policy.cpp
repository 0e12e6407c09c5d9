// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_policy.hpp"

#include <algorithm>
#include <initializer_list>
#include <tuple>

namespace troupe {

namespace {

std::optional<time_point>
earliest(std::initializer_list<std::optional<time_point>> times) {
  std::optional<time_point> result;
  for (const auto& when : times)
    if (when)
      result = result ? std::min(*result, *when) : *when;
  return result;
}

/// Returns the address of a peer that is due: of those that may be dialed the
/// one that failed least.
const node_address& best_of(const peer_record& peer, const peer_ledger& state) {
  const address_record* best = nullptr;
  for (const auto& known : peer.addresses) {
    if (known.retry_at > state.now
        || state.peers.locations.occupied(known.address))
      continue;
    if (best == nullptr
        || std::tie(known.failures, known.retry_at)
               < std::tie(best->failures, best->retry_at))
      best = &known;
  }
  return best->address;
}

} // namespace

std::optional<dial_policy::order>
dial_policy::next(const connection_policy& connections,
                  const peer_ledger& state) const {
  if (auto id = state.order.uncounted().front())
    return make(*id, std::nullopt, state);
  // If there is no room for the best one, there is none for those behind it.
  if (auto id = state.order.counted().front())
    if (auto verdict = connections.for_dial(*id, state);
        verdict.code == errc::none)
      return make(*id, verdict.victim, state);
  return std::nullopt;
}

dial_policy::order dial_policy::make(const node_id& id,
                                     const std::optional<node_id>& victim,
                                     const peer_ledger& state) const {
  const auto& peer = *state.peers.find(id);
  return {{.address = best_of(peer, state),
           .deadline = after(state.now, deadline_),
           .counted = peer.kind != peer_class::unconditional,
           .upgrade = victim.has_value()},
          victim};
}

std::optional<time_point>
dial_policy::next_wakeup(const connection_policy& connections,
                         const peer_ledger& state) {
  const auto& counted = state.order.counted();
  const auto& uncounted = state.order.uncounted();
  auto result = earliest({uncounted.due_since(), uncounted.next_due()});
  if (auto oldest = state.dials.oldest())
    result = earliest({result, oldest->first});
  if (auto id = counted.front();
      id && connections.for_dial(*id, state).code == errc::none)
    result = earliest({result, counted.due_since()});
  // Whoever becomes due may be better than those who are.
  if (connections.may_dial(state))
    result = earliest({result, counted.next_due()});
  return result;
}

} // namespace troupe
