// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_latency.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "troupe/tests/harness/duration_code.hpp"

namespace troupe::testing {

std::string sim_latency::code() const {
  if (!tail_ && low_ == high_)
    return fmt::format("sim_latency::fixed({})", duration_code(low_));
  return fmt::format("sim_latency::{}({}, {})", tail_ ? "long_tail" : "uniform",
                     duration_code(low_), duration_code(high_));
}

duration sim_latency::draw(sim_random& random) const {
  if (!tail_)
    return random.between(low_, high_);
  auto result = random.between(low_ / 2, low_ + low_ / 2);
  while (result < high_ && random.chance(125))
    result *= 2;
  return std::min(result, high_);
}

} // namespace troupe::testing
