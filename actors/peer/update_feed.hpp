// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "troupe/messages/peer_update.hpp"

namespace troupe {

/// The peer updates that are on their way to one subscriber.
///
/// Few are with the subscriber at a time, so that it is never flooded; the
/// others wait here, and when too many wait, the oldest are lost and counted.
class update_feed {
public:
  /// Most updates that a subscriber has to handle at a time.
  static constexpr size_t window = 32;

  /// Most updates that wait.
  static constexpr size_t max_waiting = 1024;

  explicit update_feed(bool everything) : everything_(everything) {}

  /// Adds an update, if it is one that the subscriber asked for.
  void push(const peer_update& update);

  /// Takes out what may be sent now.
  std::vector<peer_update> take();

  /// The subscriber has handled one.
  void handled();

  /// Forgets what waits: the subscriber gets a snapshot instead.
  void clear();

  [[nodiscard]] size_t waiting() const {
    return waiting_.size();
  }

private:
  bool everything_;
  std::deque<peer_update> waiting_;
  size_t unhandled_ = 0;
};

} // namespace troupe
