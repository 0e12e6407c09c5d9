// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "troupe/transport/admission/rate_limit.hpp"

namespace troupe {

/// What an operator says about a rate: so many a second, and a burst of what
/// comes in ten seconds. 0 means no limit.
inline std::optional<rate_limit> rate_of(double per_second) {
  constexpr double burst_seconds = 10;
  if (per_second == 0)
    return std::nullopt;
  return rate_limit{per_second, std::max(per_second * burst_seconds, 1.0)};
}

/// What an operator would say for a limit.
inline double setting_of(const std::optional<rate_limit>& limit) {
  return limit ? limit->per_second : 0;
}

/// Does what an operator says. The same number again changes nothing: a default
/// may have another burst.
inline void set_rate(std::optional<rate_limit>& limit, double per_second) {
  if (per_second != setting_of(limit))
    limit = rate_of(per_second);
}

} // namespace troupe
