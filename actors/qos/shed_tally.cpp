// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/shed_tally.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void shed_tally::add(const shed_kind& what, uint64_t messages) {
  entries_[what].untold += messages;
}

std::vector<shed_tally::count> shed_tally::take(time_point now) {
  std::vector<count> result;
  for (auto& [what, x] : entries_)
    if (x.untold > 0 && x.not_before <= now) {
      result.push_back({what, std::exchange(x.untold, 0)});
      x.not_before = now + pause_;
    }
  return result;
}

std::optional<time_point> shed_tally::next_wakeup() const {
  std::optional<time_point> result;
  for (const auto& [what, x] : entries_)
    if (x.untold > 0)
      result = result ? std::min(*result, x.not_before) : x.not_before;
  return result;
}

} // namespace troupe
