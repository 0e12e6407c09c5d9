// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"
#include "troupe/transport/send_window.hpp"

namespace troupe {

/// What is assumed about the way from a connection to the remote's program.
struct network_path {
  /// Bytes a second that the network brings there and the remote reads, no more
  /// than its `recv_rate`.
  uint64_t bandwidth = 0;

  /// Most bytes on the way that the network has taken: in flight, and in the
  /// remote's receive buffer. On Linux at most `net.ipv4.tcp_rmem`'s last
  /// value; as long as the remote reads as fast as they come, about twice what
  /// comes during a round trip.
  size_t taken = 0;

  /// Most bytes that our system holds for the network besides. The default is
  /// that of a TCP socket on Linux, which cuts them into pieces of 64 KiB.
  size_t unsent = unsent_max + size_t{64} * 1024;

  /// What a packet takes there if nothing is in its way.
  duration latency = {};
};

/// Returns how long a message that fits one packet takes at most to the
/// remote's program, from the moment at which the connection has it, if no
/// other channel has sent less of late for its priority: a few messages a
/// second on the channel of the highest priority, beside any flood. The node's
/// rates must not hold it back.
///
/// Before it goes what cannot be overtaken any more: the bursts that are with
/// the socket, what our system and the network hold, and the packet in
/// progress; and our own rate may make it wait for the end of a slice and of
/// what that took too much. See transport/README.md, "How long what is urgent
/// takes".
/// @pre `path.bandwidth` is not 0.
duration delay_bound(const mconn_stream_options& options,
                     const network_path& path);

} // namespace troupe
