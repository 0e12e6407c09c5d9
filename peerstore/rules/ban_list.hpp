// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_record.hpp"

namespace troupe {

/// Who is banned until when. The bans themselves stand in the records of the
/// peers.
class ban_list {
public:
  /// @param max_by_rules most bans by the rules at once.
  explicit ban_list(size_t max_by_rules) : max_by_rules_(max_by_rules) {}

  /// Bans a peer, or changes its ban.
  /// @returns whose ban has to end for it: of too many by the rules the one
  /// that is over first.
  std::optional<node_id> insert(const node_id& id, peer_record& peer,
                                ban_record what);

  /// Ends a ban, if there is one.
  void erase(const node_id& id, peer_record& peer);

  /// Returns somebody whose ban is over at `now`.
  [[nodiscard]] std::optional<node_id> next_free(time_point now) const;

  /// Everybody who is banned, those first whose ban is over first.
  [[nodiscard]] const std::set<std::pair<time_point, node_id>>& all() const {
    return all_;
  }

private:
  size_t max_by_rules_;
  std::set<std::pair<time_point, node_id>> all_;
  std::set<std::pair<time_point, node_id>> by_rules_;
};

} // namespace troupe
