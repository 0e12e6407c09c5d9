// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/stream_scheduler.hpp"

#include <algorithm>

namespace troupe {

void stream_scheduler::add(stream_id stream, int weight,
                           std::optional<int> group) {
  auto& what = entries_[stream];
  what.counted = group ? &groups_[*group] : &what.own;
  what.counted->weight = static_cast<float>(std::max(weight, 1));
}

void stream_scheduler::remove(stream_id stream) {
  entries_.erase(stream);
}

void stream_scheduler::set_ready(stream_id stream, bool ready) {
  if (auto i = entries_.find(stream); i != entries_.end())
    i->second.ready = ready;
}

std::optional<stream_id> stream_scheduler::next(time_point now) {
  decay(now);
  std::optional<stream_id> result;
  float least = 0;
  for (const auto& [stream, what] : entries_) {
    if (!what.ready)
      continue;
    const auto& [weight, recently_sent] = *what.counted;
    const auto ratio = static_cast<float>(recently_sent) / weight;
    if (!result || ratio < least) {
      result = stream;
      least = ratio;
    }
  }
  return result;
}

void stream_scheduler::sent(stream_id stream, size_t size) {
  if (auto i = entries_.find(stream); i != entries_.end())
    i->second.counted->recently_sent += size;
}

void stream_scheduler::decay(time_point now) {
  if (!last_decay_)
    last_decay_ = now;
  auto steps = (now - *last_decay_) / decay_interval;
  if (steps <= 0)
    return;
  *last_decay_ += steps * decay_interval;
  auto fade = [](share& what) {
    what.recently_sent
        = static_cast<uint64_t>(static_cast<double>(what.recently_sent) * 0.8);
  };
  // Any number is gone after less than 256 steps.
  for (auto i = std::min<decltype(steps)>(steps, 256); i > 0; --i) {
    for (auto& [stream, what] : entries_)
      fade(what.own);
    for (auto& [group, what] : groups_)
      fade(what);
  }
}

} // namespace troupe
