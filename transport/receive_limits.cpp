// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/receive_limits.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

namespace {

/// Below this, not even a few reads of each connection would fit.
constexpr size_t smallest_memory = size_t{1} * 1024 * 1024;

constexpr duration shortest_time = std::chrono::milliseconds{1};

constexpr duration longest_time = std::chrono::hours{24};

failure refuse(std::string_view name, auto value, std::string_view expected) {
  return {errc::invalid_option,
          fmt::format("{}: is {}, expected {}", name, value, expected)};
}

} // namespace

std::string to_string(unknown_channel_policy what) {
  return what == unknown_channel_policy::disconnect ? "disconnect" : "ignore";
}

std::optional<unknown_channel_policy>
parse_unknown_channel_policy(std::string_view text) {
  for (auto what :
       {unknown_channel_policy::ignore, unknown_channel_policy::disconnect})
    if (text == to_string(what))
      return what;
  return std::nullopt;
}

failure validate(const receive_limits& limits) {
  if (limits.connection_memory < smallest_memory)
    return refuse("connection_memory", limits.connection_memory,
                  fmt::format("at least {}", smallest_memory));
  if (limits.node_memory < limits.connection_memory)
    return refuse("node_memory", limits.node_memory,
                  fmt::format("at least connection_memory, {}",
                              limits.connection_memory));
  if (limits.progress_bytes == 0)
    return refuse("progress_bytes", 0, "at least 1");
  if (limits.progress_time < shortest_time
      || limits.progress_time > longest_time)
    return {errc::invalid_option,
            "progress_time: expected between 1ms and 24h"};
  return {};
}

size_t room_for(size_t message_capacity) noexcept {
  // A quarter more, and all that comes on top, is not to overflow.
  const auto size = std::min(message_capacity, SIZE_MAX / 4);
  return size + size / 4 + connection_read_window + reads_in_flight_max;
}

failure check_room(const std::vector<channel_descriptor>& channels,
                   const receive_limits& limits) {
  size_t capacity = 0;
  size_t windows = 0;
  for (const auto& channel : channels) {
    capacity = std::max(capacity, channel.recv_message_capacity);
    if (channel.on_full == overflow::wait)
      windows += std::min(channel.recv_window_bytes, SIZE_MAX / 4 - windows);
  }
  const auto needed = room_for(capacity) + windows;
  if (channels.empty() || needed <= limits.connection_memory)
    return {};
  return {errc::invalid_channel,
          fmt::format("channel {}: the largest message, {} bytes, takes up to "
                      "{} while it arrives, with the windows of all channels; "
                      "that is more than the connection_memory of the node, {}",
                      display_name(channels.back()), capacity, needed,
                      limits.connection_memory)};
}

} // namespace troupe
