// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include <caf/actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/tests/harness/dial_watch.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/peer_view.hpp"
#include "troupe/tests/harness/sim_store.hpp"

namespace troupe::testing {

/// A node, whether it runs or not, and what is seen of it.
struct network::resident {
  node_options options;
  /// What the key says, which takes a hash to find out.
  node_id id;
  sim_host host;
  /// Whether others know it by the name of its host, not by its IP address.
  bool by_name = false;
  std::shared_ptr<sim_store> disk;
  /// Whom it was connected with, and how many of these are its peers.
  std::set<node_id> neighbours = {};
  size_t neighbours_up = 0;
  uint64_t life = 0;
  bool running = false;
  /// Told to stop and not there yet, and what comes then.
  bool stopping = false;
  bool start_again = false;
  node handle = {};
  caf::actor observer = {};
  peer_view peers = {};
  std::vector<node_event> events = {};
  dial_watch dials{{}};
  /// Connections that limits count, when the invariants were checked last.
  size_t limited = 0;
};

} // namespace troupe::testing
