// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_run.hpp"

namespace troupe::testing {

/// Random numbers that are a function of a seed, the same on every machine and
/// in every kind of build. For simulations only: whoever knows a few of the
/// numbers knows all of them.
class sim_random final : public entropy {
public:
  /// @param draws counts what is drawn and may change it: see `sim_run`.
  explicit sim_random(uint64_t seed, std::shared_ptr<sim_draws> draws = {})
    : engine_(seed),
      origin_(seed),
      draws_(std::move(draws)) {}

  void fill(byte_span out) override;

  /// Returns `true` for that many of a thousand calls; draws nothing for 0.
  bool chance(unsigned per_mille);

  /// Returns a time between `low` and `high`, both included; `low` if it is
  /// not below `high`.
  duration between(duration low, duration high);

  /// Returns a seed for another generator, so that what one part of a run draws
  /// does not change what another one gets.
  uint64_t fork() {
    return next();
  }

  /// Returns another generator of the same run, with the seed that `fork` would
  /// return.
  sim_random split() {
    return sim_random{next(), draws_};
  }

private:
  uint64_t next();

  std::mt19937_64 engine_;
  uint64_t origin_;
  std::shared_ptr<sim_draws> draws_;
  size_t passed_ = 0; // Turns of the run.
};

} // namespace troupe::testing
