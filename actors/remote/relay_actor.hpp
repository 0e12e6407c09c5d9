// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Stands for a subscriber of another process: passes on what it gets, and the
/// answers back. CAF never answers a request to an actor whose process dies; we
/// do, and end with it.
using relay_actor = caf::typed_actor<caf::result<void>(peer_update),
                                     caf::result<void>(node_event)>;

/// Spawns a relay for `end`, which it monitors.
relay_actor spawn_relay(caf::actor_system& sys, const caf::actor& end);

} // namespace troupe
