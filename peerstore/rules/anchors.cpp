// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/anchors.hpp"

#include <algorithm>
#include <utility>

#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

namespace {

/// Failed dials after which an anchor is one no more.
constexpr uint32_t failures_max = 3;

} // namespace

void anchors::began(const node_id& id, peer_ledger& state) {
  auto* peer = state.peers.find(id);
  if (peer == nullptr || peer->configured())
    return;
  if (std::erase(lost_, id) == 0 && !lost_.empty())
    release(node_id{lost_.front()}, state);
  peer->anchor = true;
}

void anchors::ended(const node_id& id, bool lasting, peer_ledger& state) {
  auto* peer = state.peers.find(id);
  if (peer == nullptr || !peer->anchor)
    return;
  if (lasting)
    lost_.push_back(id);
  else
    release(id, state);
}

void anchors::failed(const node_id& id, peer_ledger& state) {
  const auto* peer = state.peers.find(id);
  if (peer == nullptr || !peer->anchor)
    return;
  const auto* best = best_address(*peer);
  if (best == nullptr || best->failures >= failures_max)
    release(id, state);
}

void anchors::restore(const node_id& id, peer_ledger& state) {
  state.peers.find(id)->anchor = true;
  lost_.push_back(id);
  if (lost_.size() <= restored_max)
    return;
  // Of those that are equally senior, who was connected last is the lesser one.
  auto rank = [&state](const node_id& x) {
    const auto& peer = *state.peers.find(x);
    return std::pair{-seniority_of(peer, state.now),
                     peer.last_connected.value_or(time_point::max())};
  };
  auto least = std::max_element(lost_.begin(), lost_.end(),
                                [&rank](const node_id& x, const node_id& y) {
                                  return rank(x) < rank(y);
                                });
  release(node_id{*least}, state);
}

void anchors::forget(const node_id& id) {
  std::erase(lost_, id);
}

void anchors::release(const node_id& id, peer_ledger& state) {
  std::erase(lost_, id);
  if (auto* peer = state.peers.find(id)) {
    peer->anchor = false;
    state.changed(id);
  }
}

} // namespace troupe
