// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/ask_schedule.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// More than this many doublings are beyond every bound.
constexpr uint32_t doublings_max = 20;

} // namespace

// -- peers --------------------------------------------------------------------

void ask_schedule::up(const node_id& peer, direction way, pex_dialect dialect) {
  peers_.insert_or_assign(peer, entry{.way = way, .dialect = dialect});
}

void ask_schedule::down(const node_id& peer) {
  if (peers_.erase(peer) > 0)
    interval_ = std::min(interval_, options_.eager_interval);
}

void ask_schedule::understands_urls(const node_id& peer) {
  if (auto i = peers_.find(peer); i != peers_.end())
    i->second.dialect = pex_dialect::urls;
}

// -- questions ----------------------------------------------------------------

std::optional<ask_schedule::question> ask_schedule::next(time_point now) {
  const auto who = choose(now);
  if (!who)
    return std::nullopt;
  auto& peer = peers_.at(*who);
  peer.was_asked = true;
  peer.is_asked = true;
  asked_at_ = now;
  return question{*who, peer.dialect};
}

std::optional<node_id> ask_schedule::choose(time_point now) const {
  if (now >= new_peer_at())
    for (const auto& [id, peer] : peers_)
      if (is_new(peer))
        return id;
  if (now < poll_at())
    return std::nullopt;
  auto candidates = ready(direction::outbound, now);
  if (candidates.empty())
    candidates = ready(direction::inbound, now);
  if (candidates.empty())
    return std::nullopt;
  return *candidates[random_->below(candidates.size())];
}

std::vector<const node_id*> ask_schedule::ready(direction way,
                                                time_point now) const {
  std::vector<const node_id*> result;
  for (const auto& [id, peer] : peers_)
    if (peer.way == way && !peer.is_asked && peer.ready_at <= now)
      result.push_back(&id);
  return result;
}

ask_schedule::entry* ask_schedule::close(const node_id& peer) {
  auto i = peers_.find(peer);
  if (i == peers_.end() || !i->second.is_asked)
    return nullptr;
  i->second.is_asked = false;
  return &i->second;
}

void ask_schedule::answered(const node_id& peer, time_point now) {
  if (auto* from = close(peer)) {
    from->silences = 0;
    from->ready_at = now + options_.peer_pause;
  }
}

void ask_schedule::silent(const node_id& peer, time_point now) {
  auto* who = close(peer);
  if (who == nullptr)
    return;
  const auto longest = std::max(options_.silent_pause, options_.max_interval);
  auto pause = options_.silent_pause;
  for (uint32_t i = 0; i < who->silences && pause < longest; ++i)
    pause *= 2;
  who->silences = std::min(who->silences + 1, doublings_max);
  who->ready_at = now + std::min(pause, longest);
}

void ask_schedule::not_sent(const node_id& peer, time_point now) {
  if (auto* who = close(peer))
    who->ready_at = now + options_.peer_pause;
}

void ask_schedule::learned(size_t fresh, double level) {
  full_ = level >= options_.full_at;
  const auto divisor
      = static_cast<duration::rep>(std::min<size_t>(fresh, 1000)) + 1;
  interval_ = std::clamp(interval_ * 2 / divisor, options_.min_interval,
                         options_.max_interval);
}

// -- time ---------------------------------------------------------------------

bool ask_schedule::is_new(const entry& peer) const {
  return peer.way == direction::outbound && !peer.was_asked;
}

duration ask_schedule::interval() const {
  return full_ ? options_.max_interval : interval_;
}

/// When one of all peers is asked next.
time_point ask_schedule::poll_at() const {
  return asked_at_ ? *asked_at_ + interval() : time_point::min();
}

/// When a peer may be asked because it is new.
time_point ask_schedule::new_peer_at() const {
  if (full_ || !asked_at_)
    return poll_at();
  return *asked_at_ + options_.min_interval;
}

std::optional<time_point> ask_schedule::next_wakeup() const {
  std::optional<time_point> result;
  auto consider = [&result](time_point when) {
    result = result ? std::min(*result, when) : when;
  };
  for (const auto& [id, peer] : peers_) {
    if (peer.is_asked)
      continue;
    if (is_new(peer))
      consider(std::max(peer.ready_at, new_peer_at()));
    else
      consider(std::max(peer.ready_at, poll_at()));
  }
  return result;
}

} // namespace troupe
