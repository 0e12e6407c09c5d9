// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace troupe::testing {

/// A simulation found something that must not be. `what()` is meant for a
/// human: what is wrong, the seed, how to run it again, and the last of the
/// trace.
class sim_failure : public std::runtime_error {
public:
  sim_failure(std::string what_is_wrong, uint64_t seed, const std::string& text)
    : std::runtime_error(text),
      problem_(std::move(what_is_wrong)),
      seed_(seed) {}

  /// What is wrong, in one line.
  [[nodiscard]] const std::string& problem() const noexcept {
    return problem_;
  }

  [[nodiscard]] uint64_t seed() const noexcept {
    return seed_;
  }

private:
  std::string problem_;
  uint64_t seed_;
};

} // namespace troupe::testing
