// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include <caf/action.hpp>
#include <caf/actor_clock.hpp>
#include <caf/config.hpp>
#include <caf/disposable.hpp>

#include "troupe/messages/time.hpp"

namespace troupe::testing {

/// The clock of a simulated actor system: its time passes only when it is told
/// to. Alarms of the same instant fire in the order in which they were set.
class sim_clock final : public caf::actor_clock {
public:
  explicit sim_clock(time_point start) : now_(start) {}

  sim_clock(const sim_clock&) = delete;

  sim_clock& operator=(const sim_clock&) = delete;

  [[nodiscard]] time_point now() const noexcept override {
    return now_;
  }

#if CAF_MAJOR_VERSION >= 1
  caf::disposable schedule(time_point when, caf::action what) override;
#else
  caf::disposable schedule_periodically(time_point first, caf::action what,
                                        duration_type period) override;
#endif

  /// When the next alarm is due that nobody has cancelled.
  [[nodiscard]] std::optional<time_point> next();

  /// Moves on to the next alarm and fires it. @pre `next()` has one.
  void fire();

  /// Moves on to `when`, which must not skip an alarm nor lie in the past.
  void advance_to(time_point when) {
    now_ = when;
  }

  /// Lets go of what cancelled alarms hold. @returns how many alarms are set.
  size_t sweep();

  /// Forgets all alarms.
  void clear() {
    alarms_.clear();
  }

private:
  struct entry {
    caf::action what;
    duration_type period;
  };

  void add(time_point when, caf::action what, duration_type period);

  time_point now_;
  std::multimap<time_point, entry> alarms_;
  /// Cancelled alarms are thrown out when this many are set.
  size_t sweep_at_ = 1024;
};

} // namespace troupe::testing
