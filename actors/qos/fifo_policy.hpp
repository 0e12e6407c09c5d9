// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "troupe/actors/qos/flow_levels.hpp"
#include "troupe/actors/qos/qos_policy.hpp"

namespace troupe {

/// First come, first served, whatever the weights: whoever sends most gets
/// most. No flow gives way to another.
class fifo_policy final : public qos_policy {
public:
  void update(qos_flow& flow) override;
  void remove(qos_flow& flow) override;
  [[nodiscard]] qos_flow* next() override;
  void serve(qos_flow& flow) override;
  [[nodiscard]] qos_flow* victim(const qos_flow& newcomer, uint64_t cost,
                                 uint64_t needed) override;

private:
  /// By the number of the oldest element, which is the flow's `turn`.
  std::map<uint64_t, qos_flow*> order_;
  flow_levels levels_;
};

} // namespace troupe
