// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/memory_bound.hpp"

#include <algorithm>

#include "troupe/transport/read_window.hpp"
#include "troupe/transport/send_window.hpp"

namespace troupe {

namespace {

/// What a byte of a small message becomes at most, both forms together, while
/// the connection has not been charged for it. Empty submessages grow most.
constexpr size_t growth_of_small = 62;

/// A connection adds to its bursts what it has already framed.
constexpr size_t framed = 2 * unsent_max;

size_t times(size_t x, size_t y) {
  return y == 0 || x <= SIZE_MAX / y ? x * y : SIZE_MAX;
}

size_t plus(size_t x, size_t y) {
  return x <= SIZE_MAX - y ? x + y : SIZE_MAX;
}

size_t inbound(const receive_limits& limits,
               const std::vector<channel_descriptor>& channels,
               size_t connections, size_t workers) {
  auto sum = plus(limits.node_memory, times(connections, reads_in_flight_max));
  // The message that the decoder is at, in both forms.
  sum = plus(sum, times(2, limits.connection_memory));
  sum = plus(sum, times(workers, growth_of_small * read_size_max));
  // Of connections that have ended, or of peers that never wait.
  for (const auto& channel : channels)
    sum = plus(sum, plus(channel.recv_total_bytes,
                         times(channel.delivery_window,
                               channel.recv_message_capacity)));
  return sum;
}

size_t outbound(const std::vector<channel_descriptor>& channels,
                size_t connections) {
  // Besides the window, a connection may have taken one message that is larger.
  size_t one = plus(connection_window, framed);
  size_t all = 0;
  for (const auto& channel : channels) {
    // Whatever comes alone has room.
    one = plus(one, plus(std::max(channel.send_queue_bytes,
                                  channel.recv_message_capacity),
                         channel.recv_message_capacity));
    all = plus(
        all, std::max(channel.send_total_bytes, channel.recv_message_capacity));
  }
  return plus(all, times(one, connections));
}

} // namespace

memory_bound memory_bound_of(const node_options& options,
                             const std::vector<channel_descriptor>& channels,
                             size_t connections, size_t workers) {
  return {inbound(options.stream.receive, channels, connections, workers),
          outbound(channels, connections)};
}

} // namespace troupe
