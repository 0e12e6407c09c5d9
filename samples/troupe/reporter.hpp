// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/event_printer.hpp"

namespace troupe::command {

/// Spawns an actor that prints what happens to a node until the node has ended:
/// `listening`, `peer_up`, `peer_down`, `peer_error`, `dial_failed`, `refused`.
/// @param out has to outlive the actor.
caf::actor spawn_reporter(caf::actor_system& sys, const node& which,
                          event_printer& out);

} // namespace troupe::command
