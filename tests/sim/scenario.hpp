// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

/// The size of a random scenario.
struct scenario_options {
  size_t nodes = 20;

  /// Simulated time with faults.
  duration chaos = std::chrono::minutes{2};

  fidelity how = fidelity::mconn;
};

/// What became of a scenario.
struct scenario_result {
  uint64_t hash = 0;
  uint64_t entries = 0;
  duration simulated = {};

  /// What went wrong; the first line says it all.
  std::optional<std::string> failure = {};
};

/// Runs a network of nodes that all talk, with faults drawn from the seed, then
/// without; and checks all invariants all the time, and in the end that the
/// network is whole, that no message is lost and that nothing is left behind.
scenario_result run_scenario(uint64_t seed, const scenario_options& options);

} // namespace troupe::testing
