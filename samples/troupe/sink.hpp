// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/event_printer.hpp"

namespace troupe::command {

/// Spawns a reactor that takes whatever arrives on a channel and counts it. It
/// prints a `sink` event every second in which something came, and in the end:
/// `channel`, and `messages` and `bytes` since the start.
/// @param out has to outlive the reactor.
caf::actor spawn_sink(caf::actor_system& sys, const node& where, channel_id id,
                      event_printer& out);

} // namespace troupe::command
