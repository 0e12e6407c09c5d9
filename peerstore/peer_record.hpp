// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/retry_schedule.hpp"

namespace troupe {

/// One address of a peer, and how dialing it went.
struct address_record {
  node_address address;

  /// Failed dials since the last success.
  uint32_t failures = 0;

  /// Not to be dialed before. Set once per failure.
  time_point retry_at = time_point::min();
};

/// One peer, and how its connections went.
struct peer_record {
  peer_class kind = peer_class::ordinary;

  /// In the order in which they became known.
  std::vector<address_record> addresses;

  /// Connections in a row that ended soon after they began.
  uint32_t short_connections = 0;

  /// Not to be dialed before, whatever the address.
  time_point dialable_at = time_point::min();

  /// Returns the record of `address`, or `nullptr` if it is not known.
  address_record* find(const node_address& address);
};

} // namespace troupe
