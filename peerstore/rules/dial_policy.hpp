// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

/// Decides whom to dial next, where, and when to ask again: the best peer that
/// may be dialed, those before all others that limits do not count.
class dial_policy {
public:
  /// @param deadline a dial without outcome after this time counts as failed.
  explicit dial_policy(duration deadline) : deadline_(deadline) {}

  /// A dial to make now.
  struct order {
    dial_attempt attempt = {};

    /// Who makes way should it succeed.
    std::optional<node_id> victim = {};
  };

  /// @returns nothing if nobody may be dialed now.
  [[nodiscard]] std::optional<order> next(const connection_policy& connections,
                                          const peer_ledger& state) const;

  /// When `next` may give a new answer without a further event.
  [[nodiscard]] static std::optional<time_point>
  next_wakeup(const connection_policy& connections, const peer_ledger& state);

private:
  [[nodiscard]] order make(const node_id& id,
                           const std::optional<node_id>& victim,
                           const peer_ledger& state) const;

  duration deadline_;
};

} // namespace troupe
