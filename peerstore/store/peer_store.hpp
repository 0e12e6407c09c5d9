// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"

namespace troupe {

/// What a store holds.
struct store_contents {
  /// Ordered by ID, each ID once.
  std::vector<stored_peer> peers = {};

  /// What places in the book follow from: see `is_stored_secret`. Empty if it
  /// was never stored.
  std::string secret = {};

  /// What could not be read and was skipped or set aside, a line each.
  std::vector<std::string> problems = {};
};

/// Changes that go into a store together. No ID is named twice.
struct store_changes {
  /// Replaces what was stored under the same ID.
  std::vector<stored_peer> put = {};
  std::vector<node_id> erase = {};

  /// Replaces the one that was stored. Empty: that one stays.
  std::string secret = {};

  [[nodiscard]] bool empty() const {
    return put.empty() && erase.empty() && secret.empty();
  }
};

/// Where peers are kept. Calls may block on a disk: `peer_store_actor` makes
/// them where that harms nobody. What goes in is cut to the bounds in
/// `store_limits.hpp`.
class peer_store {
public:
  virtual ~peer_store() = default;

  /// Returns everything. One bad record does not keep the others out.
  /// @returns `store_failed`, the context names the store and what is wrong.
  virtual result<store_contents> load() = 0;

  /// Tells a store that does not block which `commit` comes next, unless more
  /// changes join it meanwhile.
  /// @returns how long to wait before. A store on a disk takes its time by
  /// blocking; a simulated one, which must not block, by this.
  virtual duration begin(const store_changes&) {
    return {};
  }

  /// Makes changes, all or none. Once it returns `none`, they survive the
  /// death of the process at any instant. After a failure, either may be so.
  /// @returns `store_failed`, the context names the store and what is wrong.
  virtual failure commit(const store_changes& changes) = 0;

  /// Whether calls may block, so that they need a thread of their own.
  [[nodiscard]] virtual bool blocks() const noexcept = 0;
};

} // namespace troupe
