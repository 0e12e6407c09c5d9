// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>

#include "troupe/messages/node_id.hpp"

namespace troupe {

struct peer_ledger;

/// The outgoing peers we have, and of those we had when we stopped the two that
/// have served us longest: they are dialed before others, so that nobody who
/// filled our address book meanwhile gains by a restart (Heilman et al.,
/// "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015).
///
/// Not more of them: attackers never leave and always have a slot, others do
/// and have not, so that with all of them each restart would leave attackers
/// one place more.
///
/// There are never more than there were outgoing connections at once: each new
/// one takes the place of the anchor that was lost first, so that nobody
/// becomes an anchor who only comes and goes.
class anchors {
public:
  /// A connection that we dialed has begun.
  void began(const node_id& id, peer_ledger& state);

  /// It has ended. Whoever did not stay, or had to go, is no anchor any more.
  /// @param lasting it was long enough, and ended through no fault of the peer
  /// and by no decision of ours but to stop.
  void ended(const node_id& id, bool lasting, peer_ledger& state);

  /// A dial has failed again.
  void failed(const node_id& id, peer_ledger& state);

  /// Of those that a store says were one, most that still are.
  static constexpr size_t restored_max = 2;

  /// A store says that this was one. The peer is known.
  void restore(const node_id& id, peer_ledger& state);

  /// The peer is about to be forgotten.
  void forget(const node_id& id);

private:
  void release(const node_id& id, peer_ledger& state);

  /// Not connected now; who was lost first comes first.
  std::deque<node_id> lost_;
};

} // namespace troupe
