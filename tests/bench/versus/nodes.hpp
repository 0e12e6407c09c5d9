// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>

#include <caf/actor_system.hpp>

namespace troupe::versus {

/// Which node is measured.
struct node_level {
  /// With the rates that a node has by default.
  bool default_limits = false;

  /// With the ten channels of a CometBFT node.
  bool many_channels = false;

  /// With reactors that take what arrives in batches.
  bool batches = false;
};

/// Serves until standard input ends; prints "PORT ID".
void serve_node(caf::actor_system& sys, const node_level& level);

/// Loads the process `other`, whose node has that address.
void load_node(caf::actor_system& sys, const std::string& address, pid_t other,
               const node_level& level);

} // namespace troupe::versus
