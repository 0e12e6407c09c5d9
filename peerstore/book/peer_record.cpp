// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/peer_record.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// What is left of `count` penalties, all as old as the last one.
double penalty(uint32_t count, const std::optional<time_point>& last,
               time_point now, const score_options& options) {
  if (count == 0 || !last)
    return 0;
  auto points
      = std::min(count, options.max_penalties) * options.failure_penalty;
  return -decaying{points, *last}.at(now, options.half_life);
}

} // namespace

address_record* peer_record::find(const node_address& address) {
  auto same = [&address](const address_record& known) {
    return known.address == address;
  };
  auto i = std::find_if(addresses.begin(), addresses.end(), same);
  return i != addresses.end() ? &*i : nullptr;
}

bool peer_record::has_answered() const {
  return std::any_of(addresses.begin(), addresses.end(),
                     [](const auto& x) { return x.last_success.has_value(); });
}

const address_record* best_address(const peer_record& peer) {
  auto less = [](const address_record& a, const address_record& b) {
    return a.failures < b.failures;
  };
  auto i = std::min_element(peer.addresses.begin(), peer.addresses.end(), less);
  return i != peer.addresses.end() ? &*i : nullptr;
}

score_explanation explain_score(const peer_record& peer, time_point now,
                                const score_options& options) {
  score_explanation result;
  result.base = base_score(peer.kind);
  result.behaviour = peer.behaviour.at(now, options.half_life);
  if (const auto* best = best_address(peer))
    result.failures = penalty(best->failures, best->last_failure, now, options);
  result.short_connections
      = penalty(peer.short_connections, peer.last_disconnected, now, options);
  return result;
}

bool is_memorable(const peer_record& peer, time_point now,
                  const score_options& options) {
  return peer.configured() || !peer.addresses.empty() || peer.ban
         || peer.behaviour.at(now, options.half_life) < 0;
}

} // namespace troupe
