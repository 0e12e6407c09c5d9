// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_system.hpp>

#include "troupe/transport/mconn/byte_stream.hpp"
#include "troupe/transport/tcp/stream_writer.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Spawns the byte stream of a connected stream socket, of TCP or any other
/// kind. Requires CAF's I/O module.
/// @param stall_max a remote that takes nothing of what is written for this
///        long is given up, with `errc::timeout`.
byte_stream spawn_mconn_broker(caf::actor_system& sys, unique_socket socket,
                               duration stall_max = write_stall_max);

} // namespace troupe
