// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/flow_meter.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

constexpr uint64_t periods_per_second = 10;

/// Longest wait that is computed, about three years; keeps times from
/// overflowing.
constexpr uint64_t max_periods = 1'000'000'000;

/// A tenth, rounded; at least 1, or a tiny rate would stop everything.
uint64_t allowance_of_period(uint64_t rate) noexcept {
  auto tenth = rate / periods_per_second;
  auto rest = rate % periods_per_second;
  return std::max<uint64_t>(tenth + (rest >= periods_per_second / 2 ? 1 : 0),
                            1);
}

} // namespace

flow_meter::flow_meter(std::optional<uint64_t> rate) noexcept
  : per_period_(rate && *rate > 0 ? allowance_of_period(*rate) : 0) {
  // nop
}

size_t flow_meter::allowance(time_point now) noexcept {
  advance(now);
  if (per_period_ == 0)
    return std::numeric_limits<size_t>::max();
  return used_ < per_period_ ? static_cast<size_t>(per_period_ - used_) : 0;
}

void flow_meter::count(size_t size, time_point now) noexcept {
  advance(now);
  used_ += size;
}

std::optional<time_point> flow_meter::next_wakeup(time_point now) noexcept {
  advance(now);
  if (per_period_ == 0 || used_ < per_period_)
    return std::nullopt;
  auto periods = std::min(used_ / per_period_, max_periods);
  return *period_start_ + static_cast<int64_t>(periods) * period;
}

void flow_meter::advance(time_point now) noexcept {
  if (!period_start_)
    period_start_ = now;
  auto elapsed = (now - *period_start_) / period;
  if (elapsed <= 0)
    return;
  *period_start_ += elapsed * period;
  auto periods = static_cast<uint64_t>(elapsed);
  if (per_period_ == 0 || periods > used_ / per_period_)
    used_ = 0;
  else
    used_ -= periods * per_period_;
}

} // namespace troupe
