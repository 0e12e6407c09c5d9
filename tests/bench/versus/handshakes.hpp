// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "level.hpp"

namespace troupe::versus {

/// Makes so many connections to `port`, eight at a time, and ends each as soon
/// as both ends know each other. `done` gets an empty text in the end.
void spawn_handshakes(caf::actor_system& sys, const level& how, uint16_t port,
                      size_t count, const caf::actor& done);

} // namespace troupe::versus
