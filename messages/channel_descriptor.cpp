// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/channel_descriptor.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

auto milliseconds(duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

} // namespace

failure validate(const channel_descriptor& descriptor) {
  if (descriptor.priority < 1)
    return {errc::invalid_channel,
            fmt::format("channel {}: priority is {}, expected at least 1",
                        display_name(descriptor), descriptor.priority)};
  const std::pair<std::string_view, size_t> limits[] = {
      {"send_queue_messages", descriptor.send_queue_messages},
      {"send_queue_bytes", descriptor.send_queue_bytes},
      {"send_total_messages", descriptor.send_total_messages},
      {"send_total_bytes", descriptor.send_total_bytes},
      {"recv_message_capacity", descriptor.recv_message_capacity},
      {"recv_window_bytes", descriptor.recv_window_bytes},
      {"recv_queue_messages", descriptor.recv_queue_messages},
      {"recv_queue_bytes", descriptor.recv_queue_bytes},
      {"recv_total_bytes", descriptor.recv_total_bytes},
      {"delivery_window", descriptor.delivery_window},
      {"asks_per_peer", descriptor.asks_per_peer},
  };
  for (auto [name, value] : limits)
    if (value == 0)
      return {errc::invalid_channel,
              fmt::format("channel {}: {} is 0, expected at least 1",
                          display_name(descriptor), name)};
  if (descriptor.hold_max <= duration::zero()
      || descriptor.hold_max > hold_limit)
    return {errc::invalid_channel,
            fmt::format("channel {}: hold_max is {} ms, expected more than 0 "
                        "and at most {}",
                        display_name(descriptor),
                        milliseconds(descriptor.hold_max),
                        milliseconds(hold_limit))};
  if (descriptor.send_expires_after
      && *descriptor.send_expires_after <= duration::zero())
    return {errc::invalid_channel,
            fmt::format("channel {}: send_expires_after is {} ms, expected "
                        "more than 0",
                        display_name(descriptor),
                        milliseconds(*descriptor.send_expires_after))};
  if (descriptor.reattach_time < duration::zero()
      || descriptor.reattach_time > reattach_limit)
    return {errc::invalid_channel,
            fmt::format("channel {}: reattach_time is {} ms, expected 0 to {}",
                        display_name(descriptor),
                        milliseconds(descriptor.reattach_time),
                        milliseconds(reattach_limit))};
  return {};
}

std::string display_name(const channel_descriptor& descriptor) {
  return descriptor.name.empty() ? fmt::format("{:#04x}", descriptor.id)
                                 : descriptor.name;
}

} // namespace troupe
