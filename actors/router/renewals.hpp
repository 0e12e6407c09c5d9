// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// Decides when connections are made anew whose peers were told of other
/// channels than are open now: a node info holds for the life of a connection
/// (ADR-062, "Channels").
///
/// One goes at a time, so that a node that opens a channel late does not lose
/// all of its peers at once: the next one goes when the peer is back, or has
/// had `patience` for that. The first one waits for `calm` after the last
/// change, since channels tend to be opened one after the other.
class renewals {
public:
  static constexpr duration calm = std::chrono::seconds{1};

  static constexpr duration patience = std::chrono::seconds{10};

  /// The channels have changed.
  void changed(time_point now);

  /// Wants a connection to be made anew. Asking again changes nothing.
  void add(const connection_ref& which);

  /// A connection has ended.
  void ended(const connection_ref& which);

  /// A peer has a new connection.
  void connected(const node_id& peer);

  /// Returns a connection that has to end now, once.
  [[nodiscard]] std::optional<connection_ref> next(time_point now);

  /// Returns when `next` may give an answer without a further event.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

private:
  std::deque<connection_ref> waiting_;
  /// Whose turn it is, if somebody's.
  std::optional<node_id> current_;
  time_point not_before_ = {};
};

} // namespace troupe
