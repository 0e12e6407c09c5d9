// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

struct channel_descriptor;

/// What becomes of messages on channels that are not open here.
enum class unknown_channel_policy : uint8_t {
  /// They are dropped as they arrive, without being stored, and counted.
  /// CometBFT v2.0.0-rc1 sends on channels that we did not announce.
  ignore,
  /// The first one ends its connection, as with CometBFT before that.
  disconnect,
};

/// Returns the name as it stands in the source.
std::string to_string(unknown_channel_policy what);

/// Parses what `to_string` prints.
std::optional<unknown_channel_policy>
parse_unknown_channel_policy(std::string_view text);

/// What may be here of what remotes send.
///
/// Counted is, in bytes, what has arrived and is not done with: the buffers of
/// messages that are not complete, and messages that were handed over and not
/// given back.
struct receive_limits {
  unknown_channel_policy unknown_channel = unknown_channel_policy::ignore;

  /// Most bytes of one connection; beyond them it ends. Enough for the largest
  /// message of any channel (`check_room`).
  size_t connection_memory = size_t{64} * 1024 * 1024;

  /// Most bytes of all connections of the node. When there are more, the
  /// connection that is furthest above its share ends. No less than
  /// `connection_memory`.
  size_t node_memory = size_t{224} * 1024 * 1024;

  /// A message that has arrived in part has to grow by `progress_bytes`, or to
  /// be complete, within `progress_time`, or else its connection ends. While
  /// we do not read, that time stands still. At least 1.
  size_t progress_bytes = size_t{4} * 1024;
  duration progress_time = std::chrono::seconds{30};
};

/// Checks each value.
/// @returns `invalid_option`, the context names the option, its value and what
///          was expected; or `none`.
failure validate(const receive_limits& limits);

/// Returns the most bytes of a connection while it receives a message of that
/// size, and others of less than a window: its buffer, which grows by a quarter
/// at a time, the read window, and the reads that are under way.
size_t room_for(size_t message_capacity) noexcept;

/// Checks that the largest message of any channel fits into
/// `connection_memory`, besides what reactors may be behind with: it could
/// never arrive otherwise.
/// @param channels all that are open, and last the one that is to be opened.
/// @returns `invalid_channel`, the context says what would be needed, or
///          `none`.
failure check_room(const std::vector<channel_descriptor>& channels,
                   const receive_limits& limits);

} // namespace troupe
