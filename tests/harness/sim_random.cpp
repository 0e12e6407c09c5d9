// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::testing {

void sim_random::fill(byte_span out) {
  uint64_t number = 0;
  for (size_t i = 0; i < out.size(); ++i, number >>= 8) {
    if (i % 8 == 0)
      number = next();
    out[i] = static_cast<std::byte>(number & 0xff);
  }
}

/// Behind a turn, generators differ from each other as they did before.
uint64_t sim_random::next() {
  if (draws_)
    if (const auto passed = draws_->draw(); passed != passed_) {
      passed_ = passed;
      engine_.seed(origin_ ^ std::mt19937_64{draws_->seed_of(passed)}());
    }
  return engine_();
}

bool sim_random::chance(unsigned per_mille) {
  return per_mille > 0 && below(1000) < per_mille;
}

duration sim_random::between(duration low, duration high) {
  if (high <= low)
    return low;
  auto width = static_cast<uint64_t>((high - low).count()) + 1;
  return low + duration{static_cast<int64_t>(below(width))};
}

} // namespace troupe::testing
