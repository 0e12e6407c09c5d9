// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/sim_run.hpp"

namespace troupe::testing {

/// What can be taken away from a simulation without changing its code.
struct scenario {
  /// The seed, and where the run turns off.
  sim_run run = 1;

  size_t nodes = 0;

  /// How long faults come; the last is `calm`, at the end.
  duration span = {};

  /// In the order of their time.
  std::vector<timed_fault> faults = {};

  /// The same as the beginning of a test.
  [[nodiscard]] std::string code() const;
};

/// Plays a scenario. @returns what was wrong, or nothing.
using scenario_player
    = std::function<std::optional<std::string>(const scenario&)>;

/// How hard `shrink` tries.
struct shrink_options {
  /// Most runs.
  size_t runs_max = 400;

  /// Other runs that are tried before something counts as necessary: as soon as
  /// something is taken away, the seed draws something else.
  size_t variations = 1;
};

/// What is left of a scenario.
struct shrunk_scenario {
  scenario smallest;

  /// What is wrong with it.
  std::string problem;

  /// How many runs it took.
  size_t runs = 0;
};

/// Takes away faults, then nodes, then time, while the scenario still fails for
/// the same reason, and makes what is left of the times round.
/// @param play must be a function of the scenario: everything that is drawn
///             comes from its `run`.
/// @returns nothing if the scenario does not fail.
std::optional<shrunk_scenario> shrink(const scenario& failing,
                                      const scenario_player& play,
                                      const shrink_options& options = {});

/// Makes texts equal that say the same about other numbers, nodes or times.
std::string reason_of(std::string_view problem);

} // namespace troupe::testing
