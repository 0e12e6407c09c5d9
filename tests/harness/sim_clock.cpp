// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_clock.hpp"

#include <algorithm>
#include <utility>

namespace troupe::testing {

#if CAF_MAJOR_VERSION >= 1

caf::disposable sim_clock::schedule(time_point when, caf::action what) {
  auto handle = what.as_disposable();
  add(when, std::move(what), duration_type::zero());
  return handle;
}

#else

caf::disposable sim_clock::schedule_periodically(time_point first,
                                                 caf::action what,
                                                 duration_type period) {
  auto handle = what.as_disposable();
  add(first, std::move(what), period);
  return handle;
}

#endif

void sim_clock::add(time_point when, caf::action what, duration_type period) {
  // An actor that sets an alarm anew with every message cancels most of them.
  if (alarms_.size() >= sweep_at_) {
    sweep();
    sweep_at_ = std::max<size_t>(1024, 2 * alarms_.size());
  }
  alarms_.emplace(std::max(when, now_), entry{std::move(what), period});
}

std::optional<time_point> sim_clock::next() {
  while (!alarms_.empty() && alarms_.begin()->second.what.disposed())
    alarms_.erase(alarms_.begin());
  if (alarms_.empty())
    return std::nullopt;
  return alarms_.begin()->first;
}

void sim_clock::fire() {
  now_ = alarms_.begin()->first;
  // Out of the map, so that what it runs may set alarms.
  auto due = std::move(alarms_.extract(alarms_.begin()).mapped());
#if CAF_MAJOR_VERSION >= 1
  // Nothing is periodic there.
  due.what.run();
#else
  if (due.what.run() == caf::action::transition::success
      && due.period > duration_type::zero()
      && due.what.reschedule() == caf::action::transition::success)
    add(now_ + due.period, std::move(due.what), due.period);
#endif
}

size_t sim_clock::sweep() {
  std::erase_if(alarms_,
                [](const auto& x) { return x.second.what.disposed(); });
  return alarms_.size();
}

} // namespace troupe::testing
