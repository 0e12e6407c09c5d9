// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::testing {

/// How long a packet travels in one direction. Integers only, so that every
/// build draws the same.
class sim_latency {
public:
  /// Always the same time.
  static sim_latency fixed(duration time) {
    return {time, time, false};
  }

  /// Any time between `low` and `high`, both included, all equally likely.
  static sim_latency uniform(duration low, duration high) {
    return {low, high, false};
  }

  /// Mostly around `typical`; one packet in eight takes twice as long, one of
  /// eight of these twice as long again, and so on up to `worst`.
  static sim_latency long_tail(duration typical, duration worst) {
    return {typical, worst, true};
  }

  /// As it stands in a program: `sim_latency::fixed(10ms)`.
  [[nodiscard]] std::string code() const;

  friend bool operator==(const sim_latency&, const sim_latency&) = default;

  [[nodiscard]] duration draw(sim_random& random) const;

  /// No packet takes longer.
  [[nodiscard]] duration worst() const {
    return high_;
  }

private:
  sim_latency(duration low, duration high, bool tail)
    : low_(low),
      high_(high),
      tail_(tail) {}

  duration low_;
  duration high_;
  bool tail_;
};

} // namespace troupe::testing
