// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/timer.hpp>

namespace troupe {

/// Measures what CAF measures of the actors that `caf.metrics-filters` names,
/// for those who take messages out of a mailbox themselves.
class message_meter {
public:
  explicit message_meter(caf::local_actor& self)
    : to_(self.has_metrics_enabled() ? &self.builtin_metrics() : nullptr) {}

  /// A message is about to be handled. CAF stamps it by this clock when it
  /// comes, also in simulations, where nobody looks at the figures.
  void begin(const caf::mailbox_element& what) {
    if (to_ == nullptr)
      return;
    begin_ = std::chrono::steady_clock::now();
    waited_ = what.seconds_until(begin_);
  }

  /// It was, and did not wait in the ordinary mailbox.
  void handled() {
    if (to_ != nullptr)
      caf::telemetry::timer::observe(to_->processing_time, begin_);
  }

  /// It was, and has left the ordinary mailbox.
  void handled_ordinary() {
    if (to_ == nullptr)
      return;
    handled();
    to_->mailbox_time->observe(waited_);
    to_->mailbox_size->dec();
  }

  /// A message has left the ordinary mailbox that nobody handles.
  void dropped() {
    if (to_ != nullptr)
      to_->mailbox_size->dec();
  }

private:
  const caf::local_actor::metrics_t* to_;
  std::chrono::steady_clock::time_point begin_ = {};
  double waited_ = 0;
};

} // namespace troupe
