// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/channel_descriptor.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace troupe {

failure validate(const channel_descriptor& descriptor) {
  if (descriptor.priority < 1)
    return {errc::invalid_channel,
            fmt::format("channel {}: priority is {}, expected at least 1",
                        display_name(descriptor), descriptor.priority)};
  const std::pair<std::string_view, size_t> limits[] = {
      {"send_queue_messages", descriptor.send_queue_messages},
      {"send_queue_bytes", descriptor.send_queue_bytes},
      {"recv_message_capacity", descriptor.recv_message_capacity},
      {"recv_queue_messages", descriptor.recv_queue_messages},
      {"delivery_window", descriptor.delivery_window},
  };
  for (auto [name, value] : limits)
    if (value == 0)
      return {errc::invalid_channel,
              fmt::format("channel {}: {} is 0, expected at least 1",
                          display_name(descriptor), name)};
  return {};
}

std::string display_name(const channel_descriptor& descriptor) {
  return descriptor.name.empty() ? fmt::format("{:#04x}", descriptor.id)
                                 : descriptor.name;
}

} // namespace troupe
