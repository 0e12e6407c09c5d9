// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "troupe/transport/inbound_budget.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// What all memory connections of a node share.
struct memory_options {
  receive_limits receive = {};

  /// The node's memory for what arrives. Null: each connection has
  /// `receive.node_memory` for itself.
  std::shared_ptr<inbound_budget> budget = {};
};

} // namespace troupe
