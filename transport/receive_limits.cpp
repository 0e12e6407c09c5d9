// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/receive_limits.hpp"

#include <fmt/format.h>

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

} // namespace troupe
