// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

#include <caf/actor_system.hpp>

#include "level.hpp"

namespace troupe::versus {

// Connections of a transport with nothing above them.

/// Serves until standard input ends; prints "PORT -".
void serve_connections(caf::actor_system& sys, const level& how);

/// Loads the process `other`, which serves at `port`.
void load_connections(caf::actor_system& sys, uint16_t port, pid_t other,
                      const level& how);

/// Is `count` peers of the node at `port`, which acknowledge what it
/// broadcasts.
void dial_as_peers(caf::actor_system& sys, const level& how, uint16_t port,
                   size_t count);

} // namespace troupe::versus
