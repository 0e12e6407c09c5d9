// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "troupe/actors/qos/qos_policy.hpp"

namespace troupe {

/// The sheddable flows by what they hold for their weight: who holds most gives
/// way to others. Keeps `rank` and `level` of a flow.
class flow_levels {
public:
  /// Notes what a flow holds, as `qos_policy::update`.
  void update(qos_flow& flow);

  void remove(qos_flow& flow);

  /// As `qos_policy::victim`.
  [[nodiscard]] qos_flow* victim(const qos_flow& newcomer, uint64_t cost,
                                 uint64_t needed) const;

private:
  uint64_t ranks_ = 0;
  /// By level, and by arrival.
  std::map<std::pair<uint64_t, uint64_t>, qos_flow*> levels_;
};

} // namespace troupe
