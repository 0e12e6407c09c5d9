// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/flow_meter.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe {

namespace {

/// No debt grows beyond this, or sums would overflow.
constexpr int64_t least = std::numeric_limits<int64_t>::min() / 2;

} // namespace

flow_meter::flow_meter(std::optional<uint64_t> rate,
                       std::unique_ptr<shared_rate::share> share) noexcept
  : slices_(rate),
    left_(slices_.each()),
    share_(std::move(share)) {}

size_t flow_meter::allowance(time_point now) noexcept {
  advance(now);
  auto result = std::numeric_limits<size_t>::max();
  if (!slices_.unlimited())
    result = left_ > 0 ? rate_slices::to_bytes(left_) : 0;
  if (share_ && result > 0)
    result = std::min(result, share_->allowance(now));
  return result;
}

void flow_meter::count(size_t size, time_point now) noexcept {
  advance(now);
  if (!slices_.unlimited())
    left_ = std::max(left_ - rate_slices::from_bytes(size), least);
  if (share_)
    share_->count(size, now);
}

std::optional<time_point> flow_meter::next_wakeup(time_point now) noexcept {
  advance(now);
  std::optional<time_point> result;
  if (!slices_.unlimited() && left_ <= 0)
    result = slices_.time_of(-left_);
  if (share_)
    if (auto when = share_->next_wakeup(now))
      result = result ? std::max(*result, *when) : *when;
  return result;
}

void flow_meter::advance(time_point now) noexcept {
  if (!slices_.unlimited())
    left_ += slices_.take(now, 2 * slices_.each() - left_);
}

} // namespace troupe
