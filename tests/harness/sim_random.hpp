// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::testing {

/// Random numbers that are a function of a seed, the same on every machine and
/// in every kind of build. For simulations only: whoever knows a few of the
/// numbers knows all of them.
class sim_random final : public entropy {
public:
  explicit sim_random(uint64_t seed) : engine_(seed) {}

  void fill(byte_span out) override;

  /// Returns `true` for that many of a thousand calls; draws nothing for 0.
  bool chance(unsigned per_mille);

  /// Returns a time between `low` and `high`, both included; `low` if it is
  /// not below `high`.
  duration between(duration low, duration high);

  /// Returns a seed for another generator, so that what one part of a run draws
  /// does not change what another one gets.
  uint64_t fork() {
    return engine_();
  }

private:
  std::mt19937_64 engine_;
};

} // namespace troupe::testing
