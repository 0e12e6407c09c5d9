// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_latency.hpp"

#include <algorithm>

namespace troupe::testing {

duration sim_latency::draw(sim_random& random) const {
  if (!tail_)
    return random.between(low_, high_);
  auto result = random.between(low_ / 2, low_ + low_ / 2);
  while (result < high_ && random.chance(125))
    result *= 2;
  return std::min(result, high_);
}

} // namespace troupe::testing
