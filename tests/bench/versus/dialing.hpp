// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/scoped_actor.hpp>

#include "level.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::versus {

using options_ptr = std::shared_ptr<const mconn_options>;

/// Ends the program.
[[noreturn]] void fail(const caf::error& reason);

/// Options of a transport, with a key of its own.
options_ptr make_options(const level& how);

node_info info_of(const mconn_options& options, std::vector<channel_id> ids);

endpoint loopback(const level& how, uint16_t port);

transport_actor transport_of(caf::actor_system& sys, const level& how,
                             const options_ptr& options);

/// Dials and shakes hands.
connection_actor connect(caf::scoped_actor& self, const level& how,
                         uint16_t port, const options_ptr& options,
                         std::vector<channel_id> ids);

} // namespace troupe::versus
