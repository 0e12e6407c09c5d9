// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/property_tally.hpp"
#include "troupe/tests/harness/shrink.hpp"

namespace troupe::testing {

/// The size of a random scenario.
struct scenario_options {
  size_t nodes = 20;

  /// Simulated time with faults.
  duration chaos = std::chrono::minutes{2};

  fidelity how = fidelity::mconn;
};

/// What a seed makes of that.
struct drawn_scenario {
  scenario what;

  /// The kinds of its faults: a random half of those that there are.
  std::string kinds;
};

/// Draws the faults of a seed, from a generator of their own: without some of
/// them, everything else is drawn as before.
drawn_scenario draw_scenario(uint64_t seed, const scenario_options& options);

/// What became of a scenario.
struct scenario_result {
  uint64_t hash = 0;
  uint64_t entries = 0;
  duration simulated = {};

  /// What went wrong; the first line says it all.
  std::optional<std::string> failure = {};

  /// Its first line, without what a trace adds.
  std::string problem = {};

  /// What was recorded, for `run_page`.
  std::string record = {};

  /// What it came across.
  property_tally properties = {};
};

/// Runs a network of nodes that all talk, with the faults of a scenario, then
/// without; and checks all invariants all the time, and in the end that the
/// network is whole, that no message is lost and that nothing is left behind.
/// @param record whether to record it for a page.
scenario_result run_scenario(const drawn_scenario& drawn, fidelity how,
                             bool record = false);

/// Draws a scenario, and runs it.
scenario_result run_scenario(uint64_t seed, const scenario_options& options);

} // namespace troupe::testing
