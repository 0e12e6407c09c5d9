// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/seniority.hpp"

#include <algorithm>

#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

namespace {

constexpr duration look_interval = std::chrono::minutes{1};

} // namespace

duration seniority_of(const peer_record& peer, time_point now) {
  if (!peer.served_since)
    return duration::zero();
  const auto seen = std::max(
      {*peer.served_since, peer.last_connected.value_or(*peer.served_since),
       peer.last_disconnected.value_or(*peer.served_since)});
  if (!peer.busy && now - seen > service_memory)
    return duration::zero();
  return now - *peer.served_since;
}

void service_watch::look(peer_ledger& state) {
  if (state.now < next_look_)
    return;
  next_look_ = after(state.now, look_interval);
  for (const auto& [id, which] : state.connections.all()) {
    auto* peer = state.peers.find(id);
    if (peer == nullptr || peer->served_since || !which.stays()
        || state.now - which.since < service_min)
      continue;
    peer->served_since = which.since;
    state.peers.mark_dirty(id);
  }
}

} // namespace troupe
