// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What a queue sheds: messages of a channel, which way they were going, and
/// why, in a word of ours.
struct shed_kind {
  channel_id channel = 0;
  direction way = direction::inbound;
  std::string reason = {};

  friend auto operator<=>(const shed_kind&, const shed_kind&) = default;
};

/// Counts what is shed until it is time to tell: the first message of a kind at
/// once, and what follows not before a pause has passed. However much is shed,
/// it is told no more often, and nothing of it is left out.
class shed_tally {
public:
  /// How many messages of a kind were shed since that was last told.
  struct count {
    shed_kind what;
    uint64_t messages = 0;
  };

  explicit shed_tally(duration pause) : pause_(pause) {}

  void add(const shed_kind& what, uint64_t messages);

  /// Returns what may be told now.
  [[nodiscard]] std::vector<count> take(time_point now);

  /// When `take` will return something, if anything was added since.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

private:
  struct entry {
    uint64_t untold = 0;
    time_point not_before = {};
  };

  duration pause_;
  std::map<shed_kind, entry> entries_;
};

} // namespace troupe
