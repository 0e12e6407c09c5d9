// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/message_arena.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

/// Gives small messages of a run, which go to a channel together, memory that
/// they share. All of a run are accounted for together.
class run_arenas {
public:
  /// So many messages of a run have memory of their own. From there on they
  /// cost more than they take with an arena that is not full.
  static constexpr size_t alone = 3;

  static_assert((alone + 1) * message_arena::message_max + sizeof(message_arena)
                <= (alone + 1) * read_cost(0));

  /// Returns where the next message of a run is decoded, null for memory of its
  /// own.
  /// @param length of the run so far, in messages.
  /// @param size what the message takes at most, as `wrapper::weigh` counts.
  std::shared_ptr<message_arena> next(channel_id channel, size_t length,
                                      size_t size) {
    if (size > message_arena::message_max || length < alone
        || (arena_ && channel_ != channel))
      return nullptr;
    if (!arena_ || arena_->full())
      arena_ = std::make_shared<message_arena>();
    channel_ = channel;
    return arena_;
  }

  /// The run of a channel goes on without us.
  void end(channel_id channel) noexcept {
    if (channel_ == channel)
      arena_ = nullptr;
  }

private:
  std::shared_ptr<message_arena> arena_;
  channel_id channel_ = 0; // Whose run that is.
};

} // namespace troupe
