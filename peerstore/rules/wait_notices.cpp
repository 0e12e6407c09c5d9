// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/wait_notices.hpp"

#include <utility>

#include "troupe/peerstore/rules/peer_explanation.hpp"

namespace troupe {

void wait_notices::consider(const node_id& id, const peer_ledger& state,
                            const connection_policy& connections) {
  const auto* peer = state.peers.find(id);
  if (peer == nullptr || peer->busy || !peer->queued
      || *peer->queued <= after(state.now, wait_worth_a_notice))
    return;
  auto about = explain(id, state, connections);
  if (about.state != peer_state::backing_off)
    return;
  if (content_.size() == max_size)
    content_.pop_front();
  content_.push_back({id, *about.wait, std::move(about.explanation)});
}

std::optional<wait_notice> wait_notices::next() {
  if (content_.empty())
    return std::nullopt;
  auto result = std::move(content_.front());
  content_.pop_front();
  return result;
}

} // namespace troupe
