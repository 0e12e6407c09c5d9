// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/commit_queue.hpp"

#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

failure commit_queue::push(const store_changes& changes) {
  // Here, because a change that every store refuses would come back for ever.
  if (auto bad = validate(changes); bad.code != errc::none)
    return bad;
  auto fresh = changes_.size();
  for (const auto& peer : changes.put)
    fresh += changes_.contains(peer.id) ? 0 : 1;
  for (const auto& id : changes.erase)
    fresh += changes_.contains(id) ? 0 : 1;
  if (fresh > changes_max_)
    return {errc::queue_full,
            fmt::format("changes of {} peers wait for the store already",
                        changes_.size())};
  for (const auto& peer : changes.put)
    changes_.insert_or_assign(peer.id, peer);
  for (const auto& id : changes.erase)
    changes_.insert_or_assign(id, std::nullopt);
  return {};
}

store_changes commit_queue::take() {
  store_changes result;
  for (auto& [id, peer] : changes_)
    if (peer)
      result.put.push_back(std::move(*peer));
    else
      result.erase.push_back(id);
  changes_.clear();
  return result;
}

void commit_queue::restore(store_changes&& changes) {
  for (auto& peer : changes.put) {
    const auto id = peer.id;
    changes_.try_emplace(id, std::move(peer));
  }
  for (const auto& id : changes.erase)
    changes_.try_emplace(id, std::nullopt);
}

} // namespace troupe
