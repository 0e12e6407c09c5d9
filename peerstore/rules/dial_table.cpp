// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_table.hpp"

namespace troupe {

const dial_attempt* dial_table::find(const node_id& id) const {
  auto i = content_.find(id);
  return i != content_.end() ? &i->second : nullptr;
}

void dial_table::insert(dial_attempt what) {
  auto id = what.address.id;
  deadlines_.emplace(what.deadline, id);
  if (what.counted)
    ++counted_;
  content_.emplace(id, std::move(what));
}

std::optional<dial_attempt> dial_table::erase(const node_id& id) {
  auto node = content_.extract(id);
  if (node.empty())
    return std::nullopt;
  auto& what = node.mapped();
  deadlines_.erase({what.deadline, id});
  if (what.counted)
    --counted_;
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
