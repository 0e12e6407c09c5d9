// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_table.hpp"

#include <algorithm>

namespace troupe {

const dial_attempt* dial_table::find(const node_id& id) const {
  auto i = content_.find(id);
  return i != content_.end() ? &i->second : nullptr;
}

bool dial_table::has_feeler() const {
  return std::any_of(content_.begin(), content_.end(),
                     [](const auto& x) { return x.second.feeler; });
}

void dial_table::insert(dial_attempt what) {
  auto id = what.address.id;
  deadlines_.emplace(what.deadline, id);
  if (what.counted)
    silences_.emplace(what.silent_from, id);
  content_.emplace(id, std::move(what));
}

void dial_table::answered(const node_id& id, time_point silent_from) {
  auto& what = content_.at(id);
  what.answered = true;
  if (!what.counted)
    return;
  if (what.silent)
    --silent_;
  what.silent = false;
  silences_.erase({what.silent_from, id});
  what.silent_from = silent_from;
  silences_.emplace(silent_from, id);
}

void dial_table::fall_silent(time_point now) {
  while (!silences_.empty() && silences_.begin()->first <= now) {
    content_.at(silences_.begin()->second).silent = true;
    ++silent_;
    silences_.erase(silences_.begin());
  }
}

std::optional<time_point> dial_table::next_silence() const {
  if (silences_.empty() || silences_.begin()->first == time_point::max())
    return std::nullopt;
  return silences_.begin()->first;
}

std::optional<dial_attempt> dial_table::erase(const node_id& id) {
  auto node = content_.extract(id);
  if (node.empty())
    return std::nullopt;
  auto& what = node.mapped();
  deadlines_.erase({what.deadline, id});
  silences_.erase({what.silent_from, id});
  if (what.silent)
    --silent_;
  if (auto from = reserved_for(id))
    upgrades_.erase(*from);
  return std::move(what);
}

std::optional<std::pair<time_point, node_id>> dial_table::oldest() const {
  if (deadlines_.empty())
    return std::nullopt;
  return *deadlines_.begin();
}

void dial_table::reserve(const node_id& from, const node_id& to) {
  upgrades_.emplace(from, to);
}

void dial_table::release(const node_id& from) {
  upgrades_.erase(from);
}

std::optional<node_id> dial_table::reserved_for(const node_id& to) const {
  // At most as many as there are slots for upgrades.
  for (const auto& [from, who] : upgrades_)
    if (who == to)
      return from;
  return std::nullopt;
}

} // namespace troupe
