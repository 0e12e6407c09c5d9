// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/memory_store.hpp"

#include <utility>

#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

result<store_contents> memory_store::load() {
  store_contents result;
  result.peers.reserve(peers_.size());
  for (const auto& [id, peer] : peers_)
    result.peers.push_back(peer);
  result.secret = secret_;
  return result;
}

failure memory_store::commit(const store_changes& changes) {
  if (auto bad = validate(changes); bad.code != errc::none)
    return bad;
  for (auto peer : changes.put) {
    cut_to_limits(peer);
    peers_.insert_or_assign(peer.id, std::move(peer));
  }
  for (const auto& id : changes.erase)
    peers_.erase(id);
  if (!changes.secret.empty())
    secret_ = changes.secret;
  return {};
}

} // namespace troupe
