// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/attempt_table.hpp"

#include <cassert>

namespace troupe {

attempt_table::entry*
attempt_table::touch(const ip_network& key,
                     const std::optional<rate_limit>& rate, time_point now) {
  if (auto i = entries_.find(key); i != entries_.end()) {
    auto& found = i->second;
    if (found.live == 0)
      idle_.splice(idle_.end(), idle_, found.idle);
    return &found;
  }
  const auto crowded = entries_.size() >= size_max_;
  if (crowded) {
    if (idle_.empty())
      return nullptr;
    forget_front();
  }
  const auto tokens = crowded || !rate ? 1.0 : rate->burst;
  auto place = idle_.insert(idle_.end(), key);
  auto [i, fresh]
      = entries_.emplace(key, entry{0, token_bucket{tokens, now}, place});
  return &i->second;
}

void attempt_table::add(const ip_network& key) {
  auto& found = entries_.at(key);
  if (found.live++ == 0)
    idle_.erase(found.idle);
}

void attempt_table::remove(const ip_network& key) {
  auto& found = entries_.at(key);
  assert(found.live > 0);
  if (--found.live == 0)
    found.idle = idle_.insert(idle_.end(), key);
}

void attempt_table::expire(const std::optional<rate_limit>& rate,
                           time_point now) {
  while (!idle_.empty()) {
    const auto& front = entries_.at(idle_.front());
    if (rate && front.bucket.forgotten_at(*rate) > now)
      return;
    forget_front();
  }
}

std::optional<time_point>
attempt_table::next_wakeup(const std::optional<rate_limit>& rate) const {
  if (idle_.empty())
    return std::nullopt;
  // Without a rate nothing is worth keeping: any time will do.
  if (!rate)
    return time_point{};
  return entries_.at(idle_.front()).bucket.forgotten_at(*rate);
}

size_t attempt_table::live(const ip_network& key) const {
  auto i = entries_.find(key);
  return i != entries_.end() ? i->second.live : 0;
}

void attempt_table::forget_front() {
  entries_.erase(idle_.front());
  idle_.pop_front();
}

} // namespace troupe
