// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/fifo_policy.hpp"

namespace troupe {

void fifo_policy::update(qos_flow& flow) {
  if (flow.turn == flow.head_number)
    return;
  order_.erase(flow.turn);
  flow.turn = flow.head_number;
  order_.emplace(flow.turn, &flow);
}

void fifo_policy::remove(qos_flow& flow) {
  order_.erase(flow.turn);
  flow.turn = 0;
}

qos_flow& fifo_policy::next() {
  return *order_.begin()->second;
}

void fifo_policy::serve(qos_flow&) {
  // Nothing is owed to anybody.
}

qos_flow* fifo_policy::victim(const qos_flow&, uint64_t, uint64_t) {
  return nullptr;
}

} // namespace troupe
