// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>

#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// Remembers something about connections for a while after they have ended,
/// for what still arrives of them. The last ones of which it was noted are
/// remembered, so that connections that come and go leave nothing.
class recent_connections {
public:
  /// Most connections that are remembered.
  static constexpr size_t most = 1024;

  /// Remembers a connection. @returns `false` if it is remembered already.
  bool add(const connection_ref& which);

  /// Forgets a connection. @returns whether it was remembered.
  bool take(const connection_ref& which);

  [[nodiscard]] bool contains(const connection_ref& which) const;

private:
  using name = std::pair<node_id, uint64_t>;

  std::set<name> known_;
  std::deque<name> order_; // Oldest first.
};

} // namespace troupe
