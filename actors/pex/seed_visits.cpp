// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/seed_visits.hpp"

#include <algorithm>

namespace troupe {

void seed_visits::up(const node_id& peer, time_point now) {
  visitors_.insert_or_assign(peer, entry{.until = now + options_.stay});
}

void seed_visits::down(const node_id& peer) {
  visitors_.erase(peer);
}

void seed_visits::done(const node_id& peer, time_point now) {
  if (auto i = visitors_.find(peer); i != visitors_.end())
    i->second.until = std::min(i->second.until, now);
}

bool seed_visits::is_leaving(const node_id& peer) const {
  auto i = visitors_.find(peer);
  return i != visitors_.end() && i->second.leaving;
}

std::optional<node_id> seed_visits::next_to_go(time_point now) {
  for (auto& [id, visitor] : visitors_) {
    if (visitor.leaving || visitor.until > now)
      continue;
    visitor.leaving = true;
    return id;
  }
  return std::nullopt;
}

std::optional<time_point> seed_visits::next_wakeup() const {
  std::optional<time_point> result;
  for (const auto& [id, visitor] : visitors_)
    if (!visitor.leaving)
      result = result ? std::min(*result, visitor.until) : visitor.until;
  return result;
}

} // namespace troupe
