// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/progress_watch.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void progress_watch::update(const std::vector<half>& halves, time_point now) {
  auto before = std::exchange(entries_, {});
  for (const auto& what : halves) {
    auto i = std::find_if(
        before.begin(), before.end(), [&what](const entry& x) {
          return x.what.channel == what.channel && x.what.number == what.number;
        });
    if (i != before.end() && what.size - i->what.size < bytes_)
      entries_.push_back(*i);
    else
      entries_.push_back({what, now + time_});
  }
}

void progress_watch::paused(time_point now) {
  if (!paused_at_)
    paused_at_ = now;
}

void progress_watch::resumed(time_point now) {
  if (paused_at_ && now > *paused_at_)
    for (auto& entry : entries_)
      entry.deadline += now - *paused_at_;
  paused_at_.reset();
}

errc progress_watch::check(time_point now) const {
  auto next = next_wakeup();
  return next && now >= *next ? errc::stalled_message : errc::none;
}

std::optional<time_point> progress_watch::next_wakeup() const {
  if (paused_at_ || entries_.empty())
    return std::nullopt;
  return std::min_element(entries_.begin(), entries_.end(),
                          [](const entry& x, const entry& y) {
                            return x.deadline < y.deadline;
                          })
      ->deadline;
}

} // namespace troupe
