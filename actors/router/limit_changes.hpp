// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <caf/result.hpp>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/peer/peer_manager_actor.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

// Limits that change while a node works. All references have to live as long as
// the router does.

/// Changes what strangers may have, and tells the transports.
/// @returns what the router answers, once all of them know.
caf::result<void>
set_limits(router_actor::pointer self, node_options& options,
           const std::map<std::string, transport_actor>& transports,
           const inbound_limits& limits);

/// Changes how many connections there may be, first at the peer manager, which
/// may refuse. How many are accepted follows from it.
caf::result<void>
set_limits(router_actor::pointer self, node_options& options,
           const peer_manager_actor& manager,
           const std::map<std::string, transport_actor>& transports,
           const connection_limits& limits);

} // namespace troupe
