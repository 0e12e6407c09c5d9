// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/peer_record.hpp"

#include <algorithm>

namespace troupe {

address_record* peer_record::find(const node_address& address) {
  auto same = [&address](const address_record& known) {
    return known.address == address;
  };
  auto i = std::find_if(addresses.begin(), addresses.end(), same);
  return i != addresses.end() ? &*i : nullptr;
}

} // namespace troupe
