// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe::command {

/// Prints a peer to standard output: a line with an indented one for each
/// address, or a JSON object on a line.
void print_peer(const peer_report& peer, bool json);

/// The limits that an operator can change while a node runs.
struct all_limits {
  connection_limits connections = {};
  inbound_limits inbound = {};
};

/// Prints limits: a line each, or a JSON object on a line. No limit is `none`
/// or null.
void print_limits(const all_limits& limits, bool json);

} // namespace troupe::command
