// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_system.hpp>

#include "troupe/transport/mapping/gateway_actor.hpp"

namespace troupe {

/// Spawns what talks to the gateway of the network that we are in, on a thread
/// of its own: the protocols wait for answers.
gateway_actor spawn_gateway(caf::actor_system& sys);

} // namespace troupe
