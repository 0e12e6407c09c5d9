// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scenario.hpp"

namespace troupe::testing {

/// What `troupe_sim` was asked for.
struct settings {
  uint64_t first = 1;
  uint64_t count = 100;

  /// One seed, in this process, with its trace if it fails.
  bool single = false;

  /// Goes on after `count`, up to that many seeds, until all properties of
  /// Troupe have been met.
  uint64_t until_all_met = 0;

  /// Looks for the smallest scenario that fails like that one.
  bool shrink = false;

  /// Where a page goes that shows the run, and a seed to show beside it.
  std::string html;
  std::optional<uint64_t> beside;

  bool hashes = false;
  bool properties = false;
  bool first_only = false;
  unsigned jobs = 1;
  std::optional<double> budget;
  scenario_options scenario;
};

/// Reads the command line. Ends the process where that asks for help, or makes
/// no sense.
settings parse_settings(int argc, char** argv);

} // namespace troupe::testing
