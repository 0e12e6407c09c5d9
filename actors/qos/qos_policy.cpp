// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/qos_policy.hpp"

#include <algorithm>
#include <iterator>

#include "troupe/actors/qos/fifo_policy.hpp"
#include "troupe/actors/qos/priority_policy.hpp"
#include "troupe/actors/qos/wdrr_policy.hpp"

namespace troupe {

namespace {

/// All there are, a row each.
constexpr qos_policy_kind policies[] = {
    {"wdrr", false,
     [](uint64_t quantum) -> std::unique_ptr<qos_policy> {
       return std::make_unique<wdrr_policy>(quantum);
     }},
    {"priority", false,
     [](uint64_t) -> std::unique_ptr<qos_policy> {
       return std::make_unique<priority_policy>();
     }},
    {"fifo", true,
     [](uint64_t) -> std::unique_ptr<qos_policy> {
       return std::make_unique<fifo_policy>();
     }},
};

} // namespace

const qos_policy_kind* find_qos_policy(std::string_view name) {
  const auto* i = std::ranges::find(policies, name, &qos_policy_kind::name);
  return i != std::end(policies) ? i : nullptr;
}

std::string qos_policy_names() {
  std::string result;
  for (const auto& policy : policies) {
    if (&policy == std::prev(std::end(policies)))
      result += " or ";
    else if (!result.empty())
      result += ", ";
    result += policy.name;
  }
  return result;
}

std::unique_ptr<qos_policy> make_qos_policy(std::string_view name,
                                            uint64_t quantum) {
  const auto* kind = find_qos_policy(name);
  return kind != nullptr ? kind->make(quantum) : nullptr;
}

} // namespace troupe
