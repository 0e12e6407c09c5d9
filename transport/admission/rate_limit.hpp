// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe {

/// How often something may happen: `per_second` in the long run, and up to
/// `burst` times at once after a rest.
struct rate_limit {
  double per_second = 1;
  double burst = 1;

  friend bool operator==(const rate_limit&, const rate_limit&) = default;
};

} // namespace troupe
