// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

/// Where a run takes another way than its seed would: behind that many draws of
/// all its generators together, all of them go on from another seed.
struct sim_turn {
  uint64_t draw = 0;
  uint64_t seed = 0;

  friend bool operator==(const sim_turn&, const sim_turn&) = default;
};

/// What a run is a function of, besides the program: a seed, and turns in the
/// order of their draws. It can be played again from the start, and varied from
/// a point on: two runs are the same up to the first turn that they do not
/// share.
struct sim_run {
  // A seed is a run: most have no turns.
  // NOLINTNEXTLINE(google-explicit-constructor)
  sim_run(uint64_t number, std::vector<sim_turn> where = {})
    : seed(number),
      turns(std::move(where)) {}

  uint64_t seed;
  std::vector<sim_turn> turns;

  /// `17`, or `{17, {{2000, 5}}}` with a turn: as it stands in a program.
  [[nodiscard]] std::string code() const;

  friend bool operator==(const sim_run&, const sim_run&) = default;
};

/// Counts what the generators of a run draw.
class sim_draws {
public:
  explicit sim_draws(std::vector<sim_turn> turns) : turns_(std::move(turns)) {}

  /// Another number is drawn. @returns how many turns are behind us.
  size_t draw() {
    while (passed_ < turns_.size() && count_ >= turns_[passed_].draw)
      ++passed_;
    ++count_;
    return passed_;
  }

  /// @pre there was such a turn.
  [[nodiscard]] uint64_t seed_of(size_t passed) const {
    return turns_.at(passed - 1).seed;
  }

  /// Numbers drawn so far.
  [[nodiscard]] uint64_t count() const {
    return count_;
  }

private:
  std::vector<sim_turn> turns_;
  size_t passed_ = 0;
  uint64_t count_ = 0;
};

} // namespace troupe::testing
