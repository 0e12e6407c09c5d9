// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "troupe/messages/time.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/tests/harness/sim_system.hpp"

namespace troupe::testing {

/// The time of day of one node: simulated, and a little off.
class skewed_clock final : public wall_clock {
public:
  skewed_clock(const sim_system& system, duration skew)
    : system_(system),
      skew_(skew) {}

  [[nodiscard]] wall_time now() const override {
    return epoch
           + std::chrono::duration_cast<wall_time::duration>(system_.elapsed()
                                                             + skew_);
  }

private:
  /// A day of the year 2024.
  static constexpr auto epoch = wall_time{std::chrono::hours{475'000}};

  const sim_system& system_;
  duration skew_;
};

} // namespace troupe::testing
