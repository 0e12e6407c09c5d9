// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe {

/// Changes that wait for their commit: the last one of each peer. What a store
/// refused goes back and is older than whatever came meanwhile.
class commit_queue {
public:
  /// @param changes_max how many peers wait at most.
  explicit commit_queue(size_t changes_max) : changes_max_(changes_max) {}

  /// Adds changes behind those that wait.
  /// @returns `queue_full` if there is no room, or `store_failed` if the
  /// changes make no sense; then nothing is added.
  failure push(const store_changes& changes);

  /// Takes all that waits.
  store_changes take();

  /// Takes back what could not be stored, unless newer changes wait.
  void restore(store_changes&& changes);

  [[nodiscard]] bool empty() const {
    return changes_.empty();
  }

  /// Number of peers whose changes wait.
  [[nodiscard]] size_t size() const {
    return changes_.size();
  }

private:
  size_t changes_max_;
  /// Absent: the peer is to be erased.
  std::map<node_id, std::optional<stored_peer>> changes_;
};

} // namespace troupe
