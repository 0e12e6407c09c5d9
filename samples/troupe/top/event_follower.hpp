// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "troupe/messages/errc.hpp"

namespace troupe::command {

/// Follows the events of a running node, `GET /events` on its socket.
class event_follower {
public:
  /// @param on_line gets each line, without its end.
  event_follower(const std::filesystem::path& socket,
                 std::function<void(std::string_view)> on_line);

  event_follower(const event_follower&) = delete;

  event_follower& operator=(const event_follower&) = delete;

  ~event_follower();

  /// Waits until there are events, or something to read at `descriptor`, or for
  /// `patience`; and hands over what there is.
  /// @returns `connection_closed` once the stream has ended.
  failure wait(int descriptor, std::chrono::milliseconds patience);

private:
  class impl;

  std::unique_ptr<impl> impl_;
};

} // namespace troupe::command
