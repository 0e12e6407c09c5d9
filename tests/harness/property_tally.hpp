// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/property.hpp"

namespace troupe::testing {

/// How often each property held, in one run or in each of many.
class property_tally {
public:
  /// Those of Troupe itself have names that begin like this.
  static constexpr std::string_view troupe_prefix = "troupe: ";

  property_tally() : times_(property::all().size()) {}

  /// A property held in this run.
  void add(const property& which) {
    ++times_[which.number()];
  }

  /// Adds a run: whatever held in it, however often, counts once.
  void add_run(const property_tally& run);

  /// How often a property held; of many runs, in how many.
  [[nodiscard]] uint64_t times(const property& which) const {
    return times_[which.number()];
  }

  [[nodiscard]] const std::vector<uint64_t>& all_times() const {
    return times_;
  }

  /// For counts that come from another process of the same program.
  void set_times(std::vector<uint64_t> times);

  /// Names of what should have been come across, or have held, and never did,
  /// in alphabetical order.
  /// @param prefix how the names begin that count; if it is empty, all do but
  ///               those of Troupe.
  [[nodiscard]] std::vector<std::string_view> never(std::string_view prefix
                                                    = {}) const;

  /// A line for each property that should hold now and then, with the number
  /// of runs in which it did, the rarest first. The names are those of `never`.
  [[nodiscard]] std::string report(uint64_t runs,
                                   std::string_view prefix = {}) const;

private:
  std::vector<uint64_t> times_;
};

} // namespace troupe::testing
