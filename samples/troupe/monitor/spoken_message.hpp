// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"

namespace troupe::command {

/// What a message of CometBFT's own reactors is about, as far as somebody who
/// listens wants to know.
struct spoken_message {
  /// A name of ours, which lives as long as the program: `proposal`, `prevote`,
  /// `transactions` and so on; `other` for what this version does not know, and
  /// `unreadable` for what is no Protobuf message.
  std::string_view kind;

  /// How many things it brings: transactions, pieces of evidence; else 1.
  uint64_t items = 1;

  /// Where in the chain it belongs, if it says so.
  std::optional<int64_t> height = {};
  std::optional<int32_t> round = {};
};

/// The channel on which nodes announce how far they are.
inline constexpr channel_id round_step_channel = 0x20;

/// The `kind` of such an announcement.
inline constexpr std::string_view round_step = "round step";

/// Largest announcement that we pass back: five numbers of up to ten bytes with
/// their tags, and two bytes around them.
inline constexpr size_t round_step_size_max = 64;

/// The channel on which nodes ask each other how high their chains are.
inline constexpr channel_id status_channel = 0x40;

/// Such a question.
inline constexpr std::string_view status_request{"\x22\x00", 2};

/// Reads a message of one of CometBFT's channels, 0x20 to 0x23, 0x30, 0x38,
/// 0x40, 0x60 or 0x61 (v0.34 to v1.0, which agree). Does not keep `body`.
spoken_message read_spoken(channel_id channel, byte_view body);

} // namespace troupe::command
