// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_queue.hpp"

#include <algorithm>

namespace troupe {

void dial_queue::put(const node_id& id, peer_record& peer, time_point from) {
  remove(id, peer);
  peer.queued = from;
  peer.queued_as = peer.rank;
  peer.queued_urgent = peer.urgent;
  auto what = entry{peer.urgent, peer.rank, from, peer.lot, id};
  if (from <= now_)
    due_.insert(what);
  else
    waiting_.insert(what);
}

void dial_queue::remove(const node_id& id, peer_record& peer) {
  if (!peer.queued)
    return;
  auto what
      = entry{peer.queued_urgent, peer.queued_as, *peer.queued, peer.lot, id};
  peer.queued.reset();
  // Whose time has come has moved, and nobody else.
  if (what.from <= now_)
    due_.erase(what);
  else
    waiting_.erase(what);
}

void dial_queue::advance(time_point now) {
  now_ = std::max(now_, now);
  while (!waiting_.empty() && waiting_.begin()->from <= now_) {
    // Moves the node: all peers may be due at once.
    due_.insert(waiting_.extract(waiting_.begin()));
  }
}

std::optional<node_id> dial_queue::front() const {
  if (due_.empty())
    return std::nullopt;
  return due_.begin()->id;
}

std::optional<time_point> dial_queue::due_since() const {
  if (due_.empty())
    return std::nullopt;
  return due_.begin()->from;
}

std::optional<time_point> dial_queue::next_due() const {
  if (waiting_.empty())
    return std::nullopt;
  return waiting_.begin()->from;
}

} // namespace troupe
