// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/connection_table.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

const live_connection* connection_table::to(const node_id& id) const {
  auto i = content_.find(id);
  return i != content_.end() ? &i->second : nullptr;
}

std::optional<endpoint> connection_table::whereabouts(const node_id& id) const {
  if (const auto* found = to(id))
    return found->remote;
  auto i = std::find_if(gone_.rbegin(), gone_.rend(),
                        [&id](const gone& x) { return x.id == id; });
  return i != gone_.rend() ? std::optional{i->remote} : std::nullopt;
}

bool connection_table::holds(const node_id& id) const {
  const auto* found = to(id);
  return found != nullptr && !found->visits();
}

const live_connection*
connection_table::find(const connection_ref& which) const {
  const auto* found = to(which.peer);
  return found != nullptr && found->generation == which.generation ? found
                                                                   : nullptr;
}

uint64_t connection_table::insert(const node_id& id, live_connection what) {
  what.generation = ++last_generation_;
  take(what);
  if (what.visits())
    visitors_.push_back(id);
  content_.emplace(id, std::move(what));
  return last_generation_;
}

live_connection connection_table::erase(const node_id& id) {
  auto node = content_.extract(id);
  give_back(node.mapped());
  std::erase(condemned_, connection_ref{id, node.mapped().generation});
  std::erase(visitors_, id);
  if (const auto& remote = node.mapped().remote) {
    gone_.push_back({id, *remote});
    if (gone_.size() > gone_max)
      gone_.pop_front();
  }
  return std::move(node.mapped());
}

void connection_table::condemn(const node_id& id, errc reason, duration linger,
                               std::string text) {
  if (const auto* what = to(id); what == nullptr || !what->stays())
    return;
  update(id, [&](auto& what) {
    what.evict_reason = reason;
    what.evict_text = std::move(text);
    what.linger = linger;
  });
  condemned_.push_back({id, content_.at(id).generation});
}

std::optional<eviction> connection_table::evict_next() {
  if (condemned_.empty())
    return std::nullopt;
  auto which = condemned_.front();
  condemned_.pop_front();
  auto& what = content_.at(which.peer);
  what.evicting = true;
  return eviction{which, what.evict_reason, what.linger};
}

void connection_table::take(const live_connection& what) {
  if (what.counted)
    taken_.add(what.claim(), what.stays());
}

void connection_table::give_back(const live_connection& what) {
  if (what.counted)
    taken_.remove(what.claim(), what.stays());
}

} // namespace troupe
