// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/fifo_policy.hpp"

namespace troupe {

void fifo_policy::update(qos_flow& flow) {
  levels_.update(flow);
  const auto turn = flow.held_back ? 0 : flow.head_number;
  if (flow.turn == turn)
    return;
  order_.erase(flow.turn);
  flow.turn = turn;
  if (turn != 0)
    order_.emplace(turn, &flow);
}

void fifo_policy::remove(qos_flow& flow) {
  order_.erase(flow.turn);
  flow.turn = 0;
  levels_.remove(flow);
}

qos_flow* fifo_policy::next() {
  return order_.empty() ? nullptr : order_.begin()->second;
}

void fifo_policy::serve(qos_flow&) {
  // Nothing is owed to anybody.
}

qos_flow* fifo_policy::victim(const qos_flow& newcomer, uint64_t cost,
                              uint64_t needed) {
  return levels_.victim(newcomer, cost, needed);
}

} // namespace troupe
