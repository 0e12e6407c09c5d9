// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/read_account.hpp"

#include <algorithm>

namespace troupe {

bool read_account::sheds(channel_id channel) const {
  auto i = channels_.find(channel);
  return i != channels_.end() && i->second.sheds;
}

size_t read_account::delivered(channel_id channel, const hold_terms& terms,
                               size_t cost, time_point now) {
  auto i = channels_.find(channel);
  auto& to
      = i != channels_.end() ? i->second : channels_.emplace(channel, {terms});
  const auto before = to.withheld();
  to.delivered += cost;
  held_ += cost;
  const auto kept = to.withheld() - before;
  withheld_ += kept;
  if (!to.waiting.empty() && to.waiting.back().when == now)
    to.waiting.back().total = to.delivered;
  else
    to.waiting.push_back({now, to.delivered});
  return cost - kept;
}

read_credit read_account::returned(channel_id channel, size_t cost) {
  auto i = channels_.find(channel);
  if (i == channels_.end())
    return {};
  const auto result = release(i->second, cost);
  channels_.trim([](const account& x) { return x.held() == 0; });
  return result;
}

read_credit read_account::ended(channel_id channel) {
  return returned(channel, SIZE_MAX);
}

/// Messages of a channel come back about in the order in which it got them.
read_credit read_account::release(account& from, size_t cost) {
  cost = std::min(cost, from.held());
  const auto before = from.withheld();
  from.returned += cost;
  held_ -= cost;
  while (!from.waiting.empty() && from.waiting.front().total <= from.returned)
    from.waiting.pop_front();
  const auto freed = before - from.withheld();
  withheld_ -= freed;
  if (from.sheds && from.held() == 0) {
    from.sheds = false;
    --shedding_;
  }
  return {freed, cost};
}

std::vector<channel_credit> read_account::tick(time_point now) {
  std::vector<channel_credit> result;
  for (auto i = holder(); i != channels_.end() && deadline(i->second) <= now;
       i = holder()) {
    auto& late = channels_.at(i->first);
    const auto freed = late.withheld();
    late.sheds = true;
    late.waiting.clear();
    ++shedding_;
    withheld_ -= freed;
    result.push_back({i->first, freed});
  }
  return result;
}

std::optional<time_point> read_account::next_wakeup() const {
  auto i = holder();
  return i != channels_.end() ? std::optional{deadline(i->second)}
                              : std::nullopt;
}

/// Returns the channel that the connection waits for most, if it waits.
read_account::account_map::const_iterator read_account::holder() const {
  auto result = channels_.end();
  if (withheld_ < limit_)
    return result;
  for (auto i = channels_.begin(); i != channels_.end(); ++i)
    if (i->second.withheld() > 0
        && (result == channels_.end()
            || i->second.withheld() > result->second.withheld()))
      result = i;
  return result;
}

/// The connection waits for the oldest message that is beyond the window.
time_point read_account::deadline(const account& which) const {
  const auto oldest = std::upper_bound(
      which.waiting.begin(), which.waiting.end(),
      which.returned + which.terms.window,
      [](uint64_t total, const delivery& x) { return total < x.total; });
  return oldest->when
         + which.terms.hold_max
               / (int64_t{1} << std::min<size_t>(shedding_, 62));
}

} // namespace troupe
