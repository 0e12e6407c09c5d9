// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_system.hpp>

#include "troupe/transport/mconn/byte_stream_actor.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Spawns the byte stream of a connected TCP socket.
byte_stream_actor spawn_mconn_broker(caf::actor_system& sys,
                                     unique_socket socket);

} // namespace troupe
