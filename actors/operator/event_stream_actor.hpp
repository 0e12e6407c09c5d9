// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/http_desk.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/wall_clock.hpp"

namespace troupe {

/// Spawns the actor that writes what happens to a node into a stream, until its
/// reader is gone or somebody sends it `close_atom`, which ends the stream.
caf::actor spawn_event_stream(caf::actor_system& sys, const node& where,
                              std::shared_ptr<http_desk> desk, uint64_t request,
                              duration heartbeat,
                              std::shared_ptr<wall_clock> clock);

} // namespace troupe
