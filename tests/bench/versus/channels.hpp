// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "clocks.hpp"
#include "troupe/messages/channel_descriptor.hpp"

namespace troupe::versus {

/// Most that the serving reactor has not acknowledged.
inline constexpr size_t window = 2 * 1024 * 1024;
inline constexpr size_t window_messages = 4096;

/// Queues hold what the window lets out.
inline channel_descriptor descriptor(channel_id id, int priority) {
  return {.id = id,
          .priority = priority,
          .send_queue_messages = 2 * window_messages,
          .send_queue_bytes = 4 * window};
}

inline std::vector<channel_descriptor> measured_channels(bool wide) {
  std::vector<channel_descriptor> result{descriptor(data_channel, 1),
                                         descriptor(echo_channel, 10),
                                         descriptor(flood_channel, 1)};
  for (auto id = flood_channel + 1; wide && result.size() < 16; ++id)
    result.push_back(descriptor(static_cast<channel_id>(id), 1));
  return result;
}

/// Those of a CometBFT node.
inline std::vector<channel_descriptor> many_channels() {
  std::vector<channel_descriptor> result;
  for (auto id : {0x00, 0x20, 0x21, 0x22, 0x23, 0x30, 0x38, 0x40, 0x60, 0x61})
    result.push_back({.id = static_cast<channel_id>(id)});
  return result;
}

} // namespace troupe::versus
