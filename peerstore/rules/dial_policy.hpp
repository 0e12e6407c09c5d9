// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

/// How long nothing may be heard of a dial before others are dialed for its
/// slot.
inline constexpr duration dial_patience = std::chrono::seconds{1};

/// The same of dials that begin while others are silent: somebody waits for
/// that slot already. It is what RFC 8305 recommends between attempts.
inline constexpr duration dial_patience_short = std::chrono::milliseconds{250};

/// Decides whom to dial next, where, and when to ask again: the best peer that
/// may be dialed, those before all others that limits do not count.
///
/// Where somebody is to be dialed of whom we only know from peers, the
/// `address_book` draws who, and of those drawn the first one counts into whose
/// group we have fewest connections. So a network that fills our book still
/// gets no more than its part of our slots. Three times in four it is somebody
/// who served us long ago (`seniority_of`): otherwise attackers, who always
/// have a slot and never leave, would have more of ours with each that comes
/// free, and most after restarts, when all do.
///
/// While there is no room, a *feeler* looks now and then whether somebody
/// answers of whom we only heard: a dial that ends once it has succeeded. So
/// the book knows whom to dial when it matters.
class dial_policy {
public:
  /// @param deadline a dial without outcome after this time counts as failed.
  /// @param feelers time between feelers on average; 0: there are none.
  /// @param random draws who is dialed, and has to outlive this.
  dial_policy(duration deadline, duration feelers, entropy& random)
    : deadline_(deadline),
      feelers_(feelers),
      random_(&random) {}

  /// A dial to make now.
  struct order {
    dial_attempt attempt = {};

    /// Who makes way should it succeed.
    std::optional<node_id> victim = {};
  };

  /// @returns nothing if nobody may be dialed now.
  [[nodiscard]] std::optional<order> next(const connection_policy& connections,
                                          peer_ledger& state) const;

  /// When `next` may give a new answer without a further event.
  [[nodiscard]] std::optional<time_point>
  next_wakeup(const connection_policy& connections,
              const peer_ledger& state) const;

private:
  using group_counts = std::map<std::string, size_t>;

  [[nodiscard]] std::optional<node_id>
  draw_senior(const group_counts& groups, const peer_ledger& state) const;
  [[nodiscard]] node_id spread(const node_id& front,
                               const peer_ledger& state) const;
  [[nodiscard]] bool feels(const connection_policy& connections,
                           const peer_ledger& state) const;
  [[nodiscard]] std::optional<order> feel(peer_ledger& state) const;
  [[nodiscard]] std::optional<node_id> choose_to_feel(peer_ledger& state) const;
  [[nodiscard]] order make(const node_id& id,
                           const std::optional<node_id>& victim,
                           const peer_ledger& state) const;

  duration deadline_;
  duration feelers_;
  entropy* random_;
};

} // namespace troupe
