// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/peer_view.hpp"

#include <fmt/format.h>

namespace troupe::testing {

std::optional<std::string> peer_view::apply(const peer_update& update) {
  auto i = up_.find(update.peer);
  if (update.status == peer_status::up) {
    if (i != up_.end())
      return fmt::format("{} came up twice: connections {} and {}",
                         to_string(update.peer), i->second.generation,
                         update.generation);
    up_.emplace(update.peer, update);
    return std::nullopt;
  }
  if (i == up_.end())
    return fmt::format("{} went down and was not up", to_string(update.peer));
  if (i->second.generation != update.generation)
    return fmt::format("{} went down as connection {} and was up as {}",
                       to_string(update.peer), update.generation,
                       i->second.generation);
  up_.erase(i);
  ++downs_;
  return std::nullopt;
}

} // namespace troupe::testing
