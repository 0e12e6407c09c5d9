// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/self_claims.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe {

void self_claims::hear(const node_address& address, const std::string& group) {
  std::erase_if(voices_, [&group](const auto& x) { return x.group == group; });
  if (voices_.size() == voices_max)
    voices_.pop_front();
  voices_.push_back({group, address});
}

std::vector<node_address> self_claims::believed() const {
  std::map<node_address, size_t> counts;
  for (const auto& each : voices_)
    ++counts[each.address];
  std::vector<std::pair<size_t, node_address>> agreed;
  for (const auto& [address, count] : counts)
    if (count >= voices_needed)
      agreed.emplace_back(count, address);
  std::stable_sort(
      agreed.begin(), agreed.end(),
      [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<node_address> result;
  result.reserve(agreed.size());
  for (auto& [count, address] : agreed)
    result.push_back(std::move(address));
  return result;
}

} // namespace troupe
