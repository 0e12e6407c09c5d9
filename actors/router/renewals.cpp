// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/renewals.hpp"

#include <algorithm>

#include "troupe/peerstore/rules/retry_schedule.hpp"

namespace troupe {

void renewals::changed(time_point now) {
  not_before_ = std::max(not_before_, after(now, calm));
}

void renewals::add(const connection_ref& which) {
  if (std::find(waiting_.begin(), waiting_.end(), which) == waiting_.end())
    waiting_.push_back(which);
}

void renewals::ended(const connection_ref& which) {
  std::erase(waiting_, which);
}

void renewals::connected(const node_id& peer) {
  if (current_ != peer)
    return;
  current_.reset();
  not_before_ = {};
}

std::optional<connection_ref> renewals::next(time_point now) {
  if (waiting_.empty() || now < not_before_)
    return std::nullopt;
  auto result = waiting_.front();
  waiting_.pop_front();
  current_ = result.peer;
  not_before_ = after(now, patience);
  return result;
}

std::optional<time_point> renewals::next_wakeup() const {
  if (waiting_.empty())
    return std::nullopt;
  return not_before_;
}

} // namespace troupe
