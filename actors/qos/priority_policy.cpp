// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/priority_policy.hpp"

namespace troupe {

void priority_policy::update(qos_flow& flow) {
  list(flow, flow.held_back ? 0 : flow.head_number);
  if (flow.sheddable)
    rank(flow, flow.head_number, flow.held);
}

void priority_policy::remove(qos_flow& flow) {
  list(flow, 0);
  rank(flow, 0, 0);
}

void priority_policy::list(qos_flow& flow, uint64_t turn) {
  if (flow.turn == turn)
    return;
  if (flow.turn != 0)
    order_.erase({~flow.weight, flow.turn});
  if (turn != 0)
    order_.emplace(std::pair{~flow.weight, turn}, &flow);
  flow.turn = turn;
}

void priority_policy::rank(qos_flow& flow, uint64_t rank, uint64_t level) {
  if (flow.rank == 0 && rank == 0)
    return;
  auto& mates = sheddable_[flow.weight];
  mates.held += level - flow.level;
  flow.level = level;
  if (flow.rank != rank) {
    mates.flows.erase(flow.rank);
    if (rank != 0)
      mates.flows.emplace(rank, &flow);
    flow.rank = rank;
  }
  if (mates.flows.empty())
    sheddable_.erase(flow.weight);
}

qos_flow* priority_policy::next() {
  return order_.empty() ? nullptr : order_.begin()->second;
}

void priority_policy::serve(qos_flow&) {
  // Nothing is owed to anybody.
}

qos_flow* priority_policy::victim(const qos_flow& newcomer, uint64_t,
                                  uint64_t needed) {
  qos_flow* result = nullptr;
  uint64_t below = 0;
  for (auto& [weight, mates] : sheddable_) {
    if (weight >= newcomer.weight)
      break;
    if (result == nullptr)
      result = mates.flows.begin()->second;
    below += mates.held;
  }
  return below >= needed ? result : nullptr;
}

} // namespace troupe
