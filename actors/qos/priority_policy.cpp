// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/priority_policy.hpp"

namespace troupe {

void priority_policy::update(qos_flow& flow) {
  auto& mates = classes_[flow.weight];
  if (flow.turn != flow.head_number) {
    mates.flows.erase(flow.turn);
    mates.flows.emplace(flow.head_number, &flow);
  }
  if (flow.sheddable) {
    mates.sheddable.erase(flow.turn);
    mates.sheddable.emplace(flow.head_number, &flow);
    mates.held += flow.held - flow.level;
  }
  flow.turn = flow.head_number;
  flow.level = flow.held;
}

void priority_policy::remove(qos_flow& flow) {
  auto i = classes_.find(flow.weight);
  if (i == classes_.end())
    return;
  i->second.flows.erase(flow.turn);
  if (i->second.sheddable.erase(flow.turn) > 0)
    i->second.held -= flow.level;
  if (i->second.flows.empty())
    classes_.erase(i);
  flow.turn = 0;
  flow.level = 0;
}

qos_flow& priority_policy::next() {
  return *classes_.rbegin()->second.flows.begin()->second;
}

void priority_policy::serve(qos_flow&) {
  // Nothing is owed to anybody.
}

qos_flow* priority_policy::victim(const qos_flow& newcomer, uint64_t,
                                  uint64_t needed) {
  qos_flow* result = nullptr;
  uint64_t below = 0;
  for (auto& [weight, mates] : classes_) {
    if (weight >= newcomer.weight)
      break;
    if (result == nullptr && !mates.sheddable.empty())
      result = mates.sheddable.begin()->second;
    below += mates.held;
  }
  return below >= needed ? result : nullptr;
}

} // namespace troupe
