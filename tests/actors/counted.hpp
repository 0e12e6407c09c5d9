// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

#include <caf/actor_system.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric.hpp>
#include <caf/telemetry/metric_family.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace troupe::test {

/// Adds up what CAF's registry has under a name of ours, `peers`, and with
/// these labels, whatever others there are.
inline int64_t counted(caf::actor_system& sys, std::string_view name,
                       const std::map<std::string, std::string>& labels = {}) {
  int64_t sum = 0;
  auto collect = [&](const caf::telemetry::metric_family* family,
                     const caf::telemetry::metric* one, const auto* what) {
    using type = std::decay_t<decltype(*what)>;
    if constexpr (
        std::is_same_v<
            type,
            caf::telemetry::
                int_counter> || std::is_same_v<type, caf::telemetry::int_gauge>) {
      auto has = [one](const auto& wanted) {
        return std::any_of(one->labels().begin(), one->labels().end(),
                           [&wanted](const caf::telemetry::label& x) {
                             return x.name() == wanted.first
                                    && x.value() == wanted.second;
                           });
      };
      if (family->name() == name && std::ranges::all_of(labels, has))
        sum += what->value();
    }
  };
  sys.metrics().collect(collect);
  return sum;
}

} // namespace troupe::test
