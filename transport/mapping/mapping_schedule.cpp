// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/mapping_schedule.hpp"

#include <algorithm>

namespace troupe {

std::optional<mapping_protocol> mapping_schedule::next(time_point now) {
  if (asking_ || protocols_.empty() || now < due_)
    return std::nullopt;
  asking_ = true;
  return protocols_[turn_];
}

std::optional<time_point> mapping_schedule::next_wakeup() const {
  if (asking_ || protocols_.empty())
    return std::nullopt;
  return due_;
}

bool mapping_schedule::granted(const endpoint& where, duration how_long,
                               time_point now) {
  asking_ = false;
  failures_ = 0;
  told_ = false;
  pause_ = pause_min;
  const auto by = protocols_[turn_];
  if (std::ranges::find(granted_by_, by) == granted_by_.end())
    granted_by_.push_back(by);
  // A gateway that forgets nothing may still be switched off and on.
  const auto for_ever = how_long <= duration::zero();
  const auto lasts = for_ever ? lease : std::min(how_long, lease_max);
  due_ = now + std::max(lasts / 2, renewal_min);
  lapses_at_ = for_ever ? std::nullopt : std::optional{now + lasts};
  const auto is_news = where_ != where;
  where_ = where;
  return is_news;
}

bool mapping_schedule::failed(time_point now) {
  asking_ = false;
  turn_ = (turn_ + 1) % protocols_.size();
  if (lapses_at_ && *lapses_at_ <= now) {
    where_.reset();
    lapses_at_.reset();
  }
  if (++failures_ < protocols_.size()) {
    due_ = now;
    return false;
  }
  failures_ = 0;
  due_ = now + pause_;
  pause_ = std::min(2 * pause_, pause_max);
  return !std::exchange(told_, true);
}

} // namespace troupe
