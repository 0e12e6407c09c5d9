// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/recent_connections.hpp"

namespace troupe {

bool recent_connections::add(const connection_ref& which) {
  const auto fresh = name{which.peer, which.generation};
  if (!known_.insert(fresh).second)
    return false;
  order_.push_back(fresh);
  if (order_.size() > most) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

bool recent_connections::take(const connection_ref& which) {
  const auto gone = name{which.peer, which.generation};
  if (known_.erase(gone) == 0)
    return false;
  std::erase(order_, gone);
  return true;
}

bool recent_connections::contains(const connection_ref& which) const {
  return known_.count({which.peer, which.generation}) > 0;
}

} // namespace troupe
