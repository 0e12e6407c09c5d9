// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_table.hpp"

namespace troupe {

/// Who wants to be told about addresses.
struct address_asker {
  node_id id = {};

  /// The other end of our connection to it, if there is one.
  std::optional<endpoint> where = {};

  /// Whether it matters where private networks are.
  bool strict = true;

  /// Whether it is a node of ours. Others know of no transports over a network
  /// but TCP, and some take every address for one of TCP.
  bool ours = false;

  /// Whether it should hear of an address: whether that means the same there.
  [[nodiscard]] bool may_know(const node_address& address) const;
};

/// Chooses addresses to tell a peer about: at random, the better ones more
/// often. Not those of the asker, nor what means nothing where it is; and of
/// nobody who is private, blocked, banned or does not fit.
std::vector<node_address> choose_to_tell(const peer_table& peers,
                                         const address_asker& asker,
                                         size_t limit, time_point now,
                                         entropy& random);

} // namespace troupe
