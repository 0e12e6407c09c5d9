// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/location_index.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe {

std::string location_of(const node_address& address) {
  if (address.hostname.empty())
    return {};
  // Two names of one protocol.
  auto protocol = address.protocol == "tcp"
                      ? node_address::default_protocol
                      : std::string_view{address.protocol};
  return fmt::format("{}://{}:{}/{}", protocol, address.hostname, address.port,
                     address.path);
}

bool location_index::claim(const node_address& address, size_t limit) {
  auto where = location_of(address);
  if (where.empty())
    return true;
  auto& who = claims_[where];
  if (std::find(who.begin(), who.end(), address.id) != who.end())
    return true;
  if (who.size() >= limit)
    return false;
  who.push_back(address.id);
  return true;
}

void location_index::unclaim(const node_address& address) {
  auto found = claims_.find(location_of(address));
  if (found == claims_.end())
    return;
  std::erase(found->second, address.id);
  if (found->second.empty())
    claims_.erase(found);
}

std::vector<node_id>
location_index::claimants(const node_address& address) const {
  auto found = claims_.find(location_of(address));
  return found != claims_.end() ? found->second : std::vector<node_id>{};
}

void location_index::occupy(const node_address& address) {
  if (auto where = location_of(address); !where.empty())
    ++occupied_[where];
}

void location_index::vacate(const node_address& address) {
  auto found = occupied_.find(location_of(address));
  if (found != occupied_.end() && --found->second == 0)
    occupied_.erase(found);
}

bool location_index::occupied(const node_address& address) const {
  return occupied_.count(location_of(address)) != 0;
}

} // namespace troupe
