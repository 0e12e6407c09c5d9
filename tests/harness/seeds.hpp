// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "troupe/tests/harness/property_tally.hpp"
#include "troupe/tests/harness/sim_failure.hpp"

namespace troupe::testing {

/// How many seeds `for_each_seed` tries.
struct seed_options {
  /// Goes on until each `sometimes` held and each `reachable` was come across,
  /// with at most this many seeds in all; 0 tries those seeds that it was
  /// asked for.
  uint64_t until_all_met = 0;

  /// How the names of those begin that have to; if it is empty, all but those
  /// of Troupe.
  std::string prefix = {};
};

/// What became of many seeds.
struct seed_report {
  uint64_t seeds = 0;

  /// In how many runs each property held.
  property_tally properties = {};

  /// Those that never did, a line each, and how often the others did.
  [[nodiscard]] std::string text(std::string_view prefix = {}) const {
    return properties.report(seeds, prefix);
  }
};

/// Calls `play` with `count` seeds from `first` on, in any test framework:
///
///     auto report = for_each_seed(1, 200, [](uint64_t seed) {
///       network net{seed};
///       ...
///       net.finish();
///     });
///     INFO(report.text());
///
/// What `play` throws ends it: an exception of the standard library comes out
/// as a `sim_failure` that begins with the number of the seed; of any other,
/// that number is on `stderr`. With `TROUPE_SEED=N` in the environment only
/// that seed is played.
seed_report for_each_seed(uint64_t first, uint64_t count,
                          const std::function<void(uint64_t seed)>& play,
                          const seed_options& options = {});

/// Counts what the simulations of this thread come across while this lives, as
/// one run: they add it when they end.
class property_collector {
public:
  property_collector();

  property_collector(const property_collector&) = delete;

  property_collector& operator=(const property_collector&) = delete;

  ~property_collector();

  [[nodiscard]] const property_tally& tally() const {
    return tally_;
  }

  /// Adds what a simulation came across to the innermost collector of this
  /// thread, if there is one.
  static void collect(const property_tally& run);

private:
  property_tally tally_;
  property_collector* previous_;
};

} // namespace troupe::testing
