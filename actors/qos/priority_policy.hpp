// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>

#include "troupe/actors/qos/qos_policy.hpp"

namespace troupe {

/// Strict priority: nothing is served while a flow of a higher weight holds
/// anything, so that such flows can starve all others. Flows of one weight are
/// a class, served in the order of arrival. When the queue is full, the oldest
/// of the lowest class is shed first.
class priority_policy final : public qos_policy {
public:
  void update(qos_flow& flow) override;
  void remove(qos_flow& flow) override;
  [[nodiscard]] qos_flow* next() override;
  void serve(qos_flow& flow) override;
  [[nodiscard]] qos_flow* victim(const qos_flow& newcomer, uint64_t cost,
                                 uint64_t needed) override;

private:
  /// The flows of one weight that may give way.
  struct flow_class {
    /// By the number of their oldest element, which is their `rank`.
    std::map<uint64_t, qos_flow*> flows;
    /// What they hold.
    uint64_t held = 0;
  };

  void list(qos_flow& flow, uint64_t turn);
  void rank(qos_flow& flow, uint64_t rank, uint64_t level);

  /// By weight, the highest first, and the number of the oldest element, which
  /// is the flow's `turn`.
  std::map<std::pair<uint32_t, uint64_t>, qos_flow*> order_;
  std::map<uint32_t, flow_class> sheddable_;
};

} // namespace troupe
