// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/update_feed.hpp"

#include <utility>

namespace troupe {

void update_feed::push(const peer_update& update) {
  if (!everything_ && !is_connectivity(update.status))
    return;
  if (waiting_.size() == max_waiting) {
    // What the lost one knew of losses before it is not lost.
    auto lost = waiting_.front().lost + 1;
    waiting_.pop_front();
    waiting_.front().lost += lost;
  }
  waiting_.push_back(update);
}

std::vector<peer_update> update_feed::take() {
  std::vector<peer_update> result;
  while (unhandled_ < window && !waiting_.empty()) {
    result.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    ++unhandled_;
  }
  return result;
}

void update_feed::handled() {
  if (unhandled_ > 0)
    --unhandled_;
}

void update_feed::clear() {
  waiting_.clear();
}

} // namespace troupe
