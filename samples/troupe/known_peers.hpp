// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"
#include "troupe/samples/troupe/peer_outlook.hpp"

namespace troupe::command {

/// A peer as a running node describes it.
struct live_peer {
  /// What would be stored of it: its ID, addresses and score.
  stored_peer known = {};

  peer_outlook view = {};
};

/// Reads what a node answers to `GET /peers`.
/// @returns `malformed_message` if that is nothing of the kind.
result<std::vector<live_peer>> parse_live_peers(std::string_view json,
                                                wall_time now);

/// A peer, stored or not, and what the node makes of it.
struct known_peer {
  stored_peer stored = {};
  peer_outlook view = {};
};

/// Puts together what is stored and what the running node says, which knows
/// better. Those come last that only the node knows.
/// @param configured peers of the configuration, see `outlook`.
std::vector<known_peer> merge(const std::vector<stored_peer>& stored,
                              const std::vector<live_peer>& live,
                              const std::set<node_id>& configured,
                              wall_time now);

} // namespace troupe::command
