// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>

#include <caf/actor_system.hpp>

#include "level.hpp"

namespace troupe::versus {

/// Serves until standard input ends; prints "PORT ID".
void serve_node(caf::actor_system& sys, const level& how);

/// Loads the process `other`, whose node has that address. Prints "ready PORT
/// ID", as its node listens as well, before it answers commands.
void load_node(caf::actor_system& sys, const std::string& address, pid_t other,
               const level& how);

} // namespace troupe::versus
