// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_system.hpp>

#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/errc.hpp"

namespace troupe {

/// Spawns what stands for a node whose options make no sense. It ends at once
/// with the reason, for those who monitor it, and answers with that whatever it
/// is asked, no matter how late: a program asks its node right after it has
/// started it. It says so in the log as well.
router_actor spawn_refused_router(caf::actor_system& sys, const failure& why);

} // namespace troupe
