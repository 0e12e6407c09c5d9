// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/qos_policy.hpp"

#include "troupe/actors/qos/fifo_policy.hpp"
#include "troupe/actors/qos/priority_policy.hpp"
#include "troupe/actors/qos/wdrr_policy.hpp"

namespace troupe {

std::unique_ptr<qos_policy> make_qos_policy(std::string_view name,
                                            uint64_t quantum) {
  if (name == "fifo")
    return std::make_unique<fifo_policy>();
  if (name == "priority")
    return std::make_unique<priority_policy>();
  if (name == "wdrr")
    return std::make_unique<wdrr_policy>(quantum);
  return nullptr;
}

} // namespace troupe
