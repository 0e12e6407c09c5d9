// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "troupe/actors/pex/pex_options.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Who visits a seed, and when they have to go: a seed has few places and
/// everybody needs one for a moment. The same of those who find no slot at any
/// node: that ends their visit by itself (`visit_time`), but here it is known
/// when they have been told what they came for.
class seed_visits {
public:
  explicit seed_visits(const visit_options& options) : options_(options) {}

  /// A peer that has to go again is there.
  void up(const node_id& peer, time_point now);

  /// A peer is gone.
  void down(const node_id& peer);

  /// A visitor has had what it came for: it goes next. Nothing happens to
  /// others.
  void done(const node_id& peer, time_point now);

  /// Whether that visitor was told to go.
  [[nodiscard]] bool is_leaving(const node_id& peer) const;

  /// Returns a visitor that has to go, each only once.
  std::optional<node_id> next_to_go(time_point now);

  /// When `next_to_go` has somebody.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  [[nodiscard]] size_t size() const {
    return visitors_.size();
  }

private:
  struct entry {
    time_point until = {};
    bool leaving = false;
  };

  visit_options options_;
  std::map<node_id, entry> visitors_;
};

} // namespace troupe
