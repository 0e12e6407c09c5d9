// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

/// A message of the application that has crossed the network and is about to be
/// decoded.
struct app_message {
  /// Numbers of the nodes.
  size_t from = 0;
  size_t to = 0;

  channel_id channel = 0;

  /// As on the wire.
  byte_view body;

  /// Counts the messages that the fault has seen between these two nodes on
  /// this channel, from 0.
  uint64_t number = 0;

  /// The message as the channel's wrapper, or nothing if it is none.
  template <class Message>
  [[nodiscard]] std::optional<Message> as() const {
    auto result = std::optional<Message>{std::in_place};
    if (!result->ParseFromArray(body.data(), static_cast<int>(body.size())))
      result.reset();
    return result;
  }
};

/// Says which messages a fault is about.
using message_choice = std::function<bool(const app_message&)>;

// -- faults for `network::at` and `network::apply`. Each lasts until
// `restore_messages` or `calm`; of two, the later one is in force. `what` says
// in traces and reports which messages are chosen.
// ------------------------------

/// Chosen messages are lost, though their connection lives on: as if the other
/// node had never sent them.
fault drop_messages(std::string what, message_choice which);

/// Chosen messages come that much later. What follows them on the same channel
/// of the same connection waits behind them, as their order is kept.
fault delay_messages(std::string what, message_choice which, duration wait);

/// Chosen messages come twice in a row.
fault double_messages(std::string what, message_choice which);

/// Messages arrive as they were sent.
fault restore_messages();

} // namespace troupe::testing
