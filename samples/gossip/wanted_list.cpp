// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/wanted_list.hpp"

#include <algorithm>

namespace troupe {

wanted_list::wanted_list(const gossip_options& options)
  : wanted_max_(options.wanted_max),
    per_peer_max_(options.wanted_per_peer_max),
    graft_wait_(options.graft_wait),
    answer_time_(options.answer_time) {}

bool wanted_list::announced(const gossip_id& id, const std::string& topic,
                            size_t slot, time_point now) {
  if (load_[slot] >= per_peer_max_)
    return false;
  auto i = wanted_.find(id);
  if (i == wanted_.end()) {
    if (wanted_.size() >= wanted_max_)
      return false;
    const auto when = now + graft_wait_;
    i = wanted_.emplace(id, entry{topic, {}, std::nullopt, when}).first;
    order_.emplace(when, id);
  }
  auto& what = i->second;
  if (what.sources.size() >= sources_max || what.asked == slot
      || std::find(what.sources.begin(), what.sources.end(), slot)
             != what.sources.end())
    return true;
  what.sources.push_back(slot);
  ++load_[slot];
  return true;
}

void wanted_list::arrived(const gossip_id& id) {
  if (auto i = wanted_.find(id); i != wanted_.end())
    erase(i);
}

void wanted_list::gone(size_t slot, time_point now) {
  for (auto i = wanted_.begin(); i != wanted_.end();) {
    auto here = i++;
    auto& what = here->second;
    load_[slot] -= std::erase(what.sources, slot);
    if (what.asked == slot) {
      stop_asking(what);
      move(here, now);
    }
    if (!what.asked && what.sources.empty())
      erase(here);
  }
}

wanted_list::due_now wanted_list::due(time_point now) {
  due_now result;
  while (!order_.empty() && order_.begin()->first <= now) {
    auto i = wanted_.find(order_.begin()->second);
    auto& what = i->second;
    if (what.asked) {
      result.broken.push_back(*what.asked);
      stop_asking(what);
    }
    if (what.sources.empty()) {
      erase(i);
      continue;
    }
    auto next = std::find_if(
        what.sources.begin(), what.sources.end(),
        [this](size_t slot) { return asked_[slot] < asked_max; });
    if (next == what.sources.end()) {
      move(i, now + turn);
      continue;
    }
    what.asked = *next;
    what.sources.erase(next);
    ++asked_[*what.asked];
    result.requests.push_back({*what.asked, i->first, what.topic});
    move(i, now + answer_time_);
  }
  return result;
}

bool wanted_list::was_asked(const gossip_id& id, size_t slot) const {
  auto i = wanted_.find(id);
  return i != wanted_.end() && i->second.asked == slot;
}

std::optional<time_point> wanted_list::next_wakeup() const {
  if (order_.empty())
    return std::nullopt;
  return order_.begin()->first;
}

void wanted_list::erase(iterator where) {
  auto& what = where->second;
  for (auto slot : what.sources)
    --load_[slot];
  stop_asking(what);
  order_.erase({what.due, where->first});
  wanted_.erase(where);
}

void wanted_list::stop_asking(entry& what) {
  if (!what.asked)
    return;
  --load_[*what.asked];
  --asked_[*what.asked];
  what.asked.reset();
}

void wanted_list::move(iterator where, time_point when) {
  order_.erase({where->second.due, where->first});
  where->second.due = when;
  order_.emplace(when, where->first);
}

} // namespace troupe
