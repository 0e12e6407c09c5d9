// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "troupe/transport/connection_messages.hpp"

namespace troupe {

/// Most cost (`read_cost`) of messages that a connection hands over before it
/// stops reading. A single message may exceed it.
inline constexpr size_t connection_read_window = size_t{512} * 1024;
inline constexpr size_t connection_read_messages = 1024; ///< In messages.

/// Returns what an inbound message takes of the read window. Small messages
/// take as much time as larger ones, so that each takes the part of a window
/// that makes it one in messages as well.
constexpr size_t read_cost(size_t body_size) noexcept {
  return std::max(message_cost(body_size),
                  connection_read_window / connection_read_messages);
}

/// Most bytes that one read of the network delivers.
inline constexpr size_t read_size_max = size_t{256} * 1024;

/// Most memory of reads that a connection has under way at once.
inline constexpr size_t reads_in_flight_max = 2 * read_size_max;

/// The same before the remote has shown who it is.
inline constexpr size_t handshake_reads_max = size_t{8} * 1024;

} // namespace troupe
