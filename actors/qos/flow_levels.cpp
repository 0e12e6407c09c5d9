// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/flow_levels.hpp"

namespace troupe {

void flow_levels::update(qos_flow& flow) {
  if (!flow.sheddable)
    return;
  auto node = levels_.extract({flow.level, flow.rank});
  if (flow.rank == 0)
    flow.rank = ++ranks_;
  flow.level = flow.held / flow.weight;
  if (node) {
    node.key() = {flow.level, flow.rank};
    levels_.insert(std::move(node));
  } else {
    levels_.emplace(std::pair{flow.level, flow.rank}, &flow);
  }
}

void flow_levels::remove(qos_flow& flow) {
  levels_.erase({flow.level, flow.rank});
  flow.rank = 0;
  flow.level = 0;
}

qos_flow* flow_levels::victim(const qos_flow& newcomer, uint64_t cost,
                              uint64_t needed) const {
  if (levels_.empty())
    return nullptr;
  auto* most = levels_.rbegin()->second;
  const auto level = (newcomer.held + cost) / newcomer.weight;
  return most != &newcomer && most->level > level && most->held >= needed
             ? most
             : nullptr;
}

} // namespace troupe
