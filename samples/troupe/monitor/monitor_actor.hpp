// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/monitor/message_tally.hpp"

namespace troupe::command {

/// How somebody listens.
struct monitor_options {
  std::vector<channel_id> channels;

  /// How often `on_lines` hears what was said.
  duration interval = std::chrono::seconds{5};

  /// Whether there is a line a peer as well.
  bool by_peer = false;

  /// Called on a worker of the actor system, which it must not hold up.
  std::function<void(const tally_lines&)> on_lines;
};

/// Spawns a reactor that counts what is said on channels of CometBFT. It has
/// the last word when the node ends.
///
/// A node sends votes, blocks and transactions only to peers that have told it
/// how far they are. So this tells each peer what that peer has said of itself
/// last, and nothing else to anybody; but over QUIC it begins with a question
/// for its height, as CometBFT's libp2p nodes know no peer that is silent.
caf::actor spawn_monitor(caf::actor_system& sys, const node& where,
                         monitor_options how);

} // namespace troupe::command
