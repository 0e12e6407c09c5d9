// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_policy.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <tuple>

#include "troupe/peerstore/book/address_group.hpp"

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

/// How many draws it takes at most to find somebody of a group that we have no
/// connection to, and how many of those that wait are looked at besides.
constexpr int draws_max = 48;
constexpr int looks_max = 64;

constexpr int feeler_draws_max = 16;

/// Of how many the one is dialed that has served us longest, and how often that
/// is so, in quarters. The rest is for those that are new.
constexpr int senior_draws = 8;
constexpr uint64_t senior_quarters = 3;

/// Whether the book says when it is this peer's turn.
bool is_drawn(const peer_record& peer) {
  return peer.is_hearsay() && !peer.anchor && !peer.urgent;
}

} // namespace

std::optional<dial_policy::order>
dial_policy::next(const connection_policy& connections,
                  peer_ledger& state) const {
  if (auto id = state.order.uncounted().front())
    return make(*id, std::nullopt, state);
  const auto front = state.order.counted().front();
  if (!front)
    return std::nullopt;
  const auto room = connections.for_dial(*front, state);
  if (room.code == errc::none && !room.victim)
    return make(spread(*front, state), std::nullopt, state);
  // Whoever is dialed in the place of another has to be better than that one.
  // If nobody makes way for the best one, nobody does for those behind it.
  const auto best = *state.order.counted().best();
  const auto verdict = connections.for_dial(best, state);
  if (verdict.code == errc::none)
    return make(best, verdict.victim, state);
  return feels(connections, state) ? feel(state) : std::nullopt;
}

/// Draws some tried peers in networks that we dialed nobody in, and returns the
/// one that has served us longest.
std::optional<node_id>
dial_policy::draw_senior(const group_counts& groups,
                         const peer_ledger& state) const {
  std::optional<node_id> result;
  auto longest = duration::zero();
  int seen = 0;
  for (int i = 0; i < draws_max && seen < senior_draws; ++i) {
    auto id = state.book.draw(book_shelf::tried, *random_);
    if (!id)
      break;
    const auto& peer = *state.peers.find(*id);
    if (!is_drawn(peer) || !state.is_due(peer)
        || groups.count(address_group(best_of(peer, state))) != 0)
      continue;
    ++seen;
    if (auto seniority = seniority_of(peer, state.now); seniority > longest) {
      longest = seniority;
      result = id;
    }
  }
  return result;
}

node_id dial_policy::spread(const node_id& front,
                            const peer_ledger& state) const {
  if (!is_drawn(*state.peers.find(front)))
    return front;
  const auto groups = state.outgoing_groups();
  if (random_->below(4) < senior_quarters)
    if (auto senior = draw_senior(groups, state))
      return *senior;
  auto result = front;
  auto fewest = std::numeric_limits<size_t>::max();
  // @returns whether nobody can be better.
  auto consider = [&](const node_id& id) {
    const auto& peer = *state.peers.find(id);
    if (!is_drawn(peer) || !state.is_due(peer))
      return false;
    auto i = groups.find(address_group(best_of(peer, state)));
    const auto count = i != groups.end() ? i->second : 0;
    if (count < fewest) {
      fewest = count;
      result = id;
    }
    return fewest == 0;
  };
  for (int i = 0; i < draws_max; ++i) {
    auto id = state.book.draw(*random_);
    if (!id)
      break;
    // Who failed comes less often.
    const auto* best = best_address(*state.peers.find(*id));
    if (best != nullptr && random_->below(uint64_t{best->failures} + 1) == 0
        && consider(*id))
      return result;
  }
  int looks = 0;
  state.order.counted().due_first(
      [&](const node_id& id) { return !consider(id) && ++looks < looks_max; });
  return result;
}

// -- feelers ------------------------------------------------------------------

bool dial_policy::feels(const connection_policy& connections,
                        const peer_ledger& state) const {
  return feelers_ > duration::zero() && state.now >= state.next_feeler
         && connections.limits().max_outgoing != size_t{0}
         && !state.dials.has_feeler();
}

std::optional<dial_policy::order> dial_policy::feel(peer_ledger& state) const {
  // Whether or not somebody is found; and not so that others could tell when.
  const auto most = static_cast<uint64_t>(feelers_.count());
  state.next_feeler
      = after(state.now, feelers_ / 2 + duration{random_->below(most + 1)});
  auto id = choose_to_feel(state);
  if (!id)
    return std::nullopt;
  auto result = make(*id, std::nullopt, state);
  result.attempt.counted = false;
  result.attempt.feeler = true;
  return result;
}

/// First those whose place others want.
std::optional<node_id> dial_policy::choose_to_feel(peer_ledger& state) const {
  auto may_be = [&state](const node_id& id) {
    const auto& peer = *state.peers.find(id);
    return is_drawn(peer) && state.is_due(peer);
  };
  while (auto id = state.book.take_suspect())
    if (may_be(*id))
      return id;
  for (int i = 0; i < feeler_draws_max; ++i)
    if (auto id = state.book.draw(book_shelf::fresh, *random_);
        id && may_be(*id))
      return id;
  return std::nullopt;
}

dial_policy::order dial_policy::make(const node_id& id,
                                     const std::optional<node_id>& victim,
                                     const peer_ledger& state) const {
  const auto& peer = *state.peers.find(id);
  return {{.address = best_of(peer, state),
           .deadline = after(state.now, deadline_),
           .counted = peer.kind != peer_class::unconditional,
           .upgrade = victim.has_value(),
           .silent_from
           = after(state.now, state.dials.silent() > 0 ? dial_patience_short
                                                       : dial_patience)},
          victim};
}

std::optional<time_point>
dial_policy::next_wakeup(const connection_policy& connections,
                         const peer_ledger& state) const {
  const auto& counted = state.order.counted();
  const auto& uncounted = state.order.uncounted();
  auto result = earliest({uncounted.due_since(), uncounted.next_due()});
  if (auto oldest = state.dials.oldest())
    result = earliest({result, oldest->first});
  if (counted.front())
    result = earliest({result, state.dials.next_silence()});
  if (auto id = counted.best();
      id && connections.for_dial(*id, state).code == errc::none)
    result = earliest({result, counted.due_since()});
  else if (id && feelers_ > duration::zero() && !state.dials.has_feeler()
           && state.book.size(book_shelf::fresh) > 0
           && connections.limits().max_outgoing != size_t{0})
    result = earliest({result, state.next_feeler});
  // Whoever becomes due may be better than those who are.
  if (connections.may_dial(state))
    result = earliest({result, counted.next_due()});
  return result;
}

} // namespace troupe
