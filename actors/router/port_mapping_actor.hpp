// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/mapping/gateway_actor.hpp"
#include "troupe/transport/mapping/mapping_protocol.hpp"

namespace troupe {

/// Keeps a port at the gateway to the internet that leads to one of ours, of
/// TCP or of UDP, as `mapping_schedule` says. When it is told to end, it gives
/// the port back first, for which the gateway has a moment, and ends
/// `gateway_actor` as well.
using port_mapping_actor = caf::typed_actor<
    // Asks where the world finds us. Answered once that is known, and is
    // another place than was answered the last time.
    caf::result<endpoint>(caf::get_atom)>;

/// Spawns one for an endpoint of ours.
/// @param gateway is its own from now on.
port_mapping_actor spawn_port_mapping(caf::actor_system& sys,
                                      gateway_actor gateway,
                                      std::vector<mapping_protocol> protocols,
                                      endpoint ours);

} // namespace troupe
