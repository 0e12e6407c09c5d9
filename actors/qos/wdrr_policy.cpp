// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/wdrr_policy.hpp"

#include <algorithm>

namespace troupe {

void wdrr_policy::update(qos_flow& flow) {
  if (flow.held_back)
    unlist(flow);
  else
    list(flow);
  levels_.update(flow);
}

/// Puts a flow where it can afford its head.
void wdrr_policy::list(qos_flow& flow) {
  const auto fresh = flow.turn == 0;
  // Nobody saves up while there is nothing to be had.
  if (fresh)
    flow.credit_round = round_;
  const auto missing = flow.head_cost - std::min(flow.head_cost, flow.credit);
  const auto rounds = (missing + share(flow) - 1) / share(flow);
  // A cheaper head than the one it waited for does not send it to the past.
  const auto due = std::max(flow.credit_round + rounds, round_);
  if (!fresh && due == flow.round)
    return;
  // Without a new allocation, if it is there.
  auto node = ring_.extract({flow.round, flow.turn});
  flow.round = due;
  flow.turn = ++turns_;
  if (node) {
    node.key() = {flow.round, flow.turn};
    ring_.insert(std::move(node));
  } else {
    ring_.emplace(place{flow.round, flow.turn}, &flow);
  }
}

void wdrr_policy::unlist(qos_flow& flow) {
  if (flow.turn != 0)
    ring_.erase({flow.round, flow.turn});
  flow.turn = 0;
}

void wdrr_policy::remove(qos_flow& flow) {
  unlist(flow);
  levels_.remove(flow);
  flow.credit = 0;
}

qos_flow* wdrr_policy::next() {
  return ring_.empty() ? nullptr : ring_.begin()->second;
}

void wdrr_policy::serve(qos_flow& flow) {
  round_ = flow.round;
  flow.credit += (round_ - flow.credit_round) * share(flow);
  flow.credit_round = round_;
  // Whoever waited for an element that is gone now has not saved up for others.
  flow.credit = std::min(flow.credit, flow.head_cost + share(flow));
  flow.credit -= std::min(flow.head_cost, flow.credit);
}

qos_flow* wdrr_policy::victim(const qos_flow& newcomer, uint64_t cost,
                              uint64_t needed) {
  return levels_.victim(newcomer, cost, needed);
}

} // namespace troupe
