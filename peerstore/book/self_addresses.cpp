// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/self_addresses.hpp"

#include <algorithm>

#include "troupe/peerstore/book/location_index.hpp"

namespace troupe {

void self_addresses::learn(const node_address& address) {
  auto where = location_of(address);
  if (where.empty() || contains(address))
    return;
  if (content_.size() == max_size)
    content_.pop_front();
  content_.push_back(std::move(where));
}

bool self_addresses::contains(const node_address& address) const {
  return std::find(content_.begin(), content_.end(), location_of(address))
         != content_.end();
}

} // namespace troupe
