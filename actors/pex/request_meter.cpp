// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/request_meter.hpp"

namespace troupe {

void request_meter::up(const node_id& peer, time_point now) {
  peers_.insert_or_assign(
      peer, entry{{limits_.answers.burst, now}, {limits_.requests.burst, now}});
}

void request_meter::down(const node_id& peer) {
  peers_.erase(peer);
}

request_meter::verdict request_meter::requested(const node_id& peer,
                                                time_point now) {
  auto i = peers_.find(peer);
  if (i == peers_.end())
    return admit(early_birds_, limits_.early_birds, now) ? verdict::answer
                                                         : verdict::nothing;
  auto& who = i->second;
  if (who.requests.level(limits_.requests, now) < 1)
    return verdict::flood;
  who.requests.take(limits_.requests, now);
  if (admit(who.answers, limits_.answers, now))
    return verdict::answer;
  if (!who.due)
    who.due = now + limits_.early_wait;
  return verdict::early;
}

std::optional<node_id> request_meter::next_due(time_point now) {
  for (auto& [peer, who] : peers_)
    if (who.due && *who.due <= now) {
      who.due.reset();
      return peer;
    }
  return std::nullopt;
}

std::optional<time_point> request_meter::next_wakeup() const {
  std::optional<time_point> result;
  for (const auto& [peer, who] : peers_)
    if (who.due && (!result || *who.due < *result))
      result = who.due;
  return result;
}

bool request_meter::admit(token_bucket& bucket, const rate_limit& limit,
                          time_point now) {
  if (bucket.level(limit, now) < 1) {
    ++early_;
    return false;
  }
  bucket.take(limit, now);
  return true;
}

} // namespace troupe
