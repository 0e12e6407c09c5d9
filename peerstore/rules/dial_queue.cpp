// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_queue.hpp"

#include <algorithm>

namespace troupe {

namespace {

uint8_t before_others(const peer_record& peer) {
  if (peer.anchor)
    return 2;
  return peer.is_hearsay() ? 0 : 1;
}

} // namespace

void dial_queue::put(const node_id& id, peer_record& peer, time_point from) {
  remove(id, peer);
  peer.queued = from;
  peer.queued_as = peer.rank;
  peer.queued_urgent = peer.urgent;
  peer.queued_before = before_others(peer);
  auto what
      = entry{peer.urgent, peer.queued_before, peer.rank, from, peer.lot, id};
  if (from > now_) {
    waiting_.insert(what);
    return;
  }
  due_by_worth_.insert(what);
  due_.insert(what);
}

void dial_queue::remove(const node_id& id, peer_record& peer) {
  if (!peer.queued)
    return;
  auto what = entry{peer.queued_urgent, peer.queued_before, peer.queued_as,
                    *peer.queued,       peer.lot,           id};
  peer.queued.reset();
  // Whose time has come has moved, and nobody else.
  if (what.from > now_) {
    waiting_.erase(what);
    return;
  }
  due_by_worth_.erase(what);
  due_.erase(what);
}

void dial_queue::advance(time_point now) {
  now_ = std::max(now_, now);
  while (!waiting_.empty() && waiting_.begin()->from <= now_) {
    due_by_worth_.insert(*waiting_.begin());
    // Moves the node: all peers may be due at once.
    due_.insert(waiting_.extract(waiting_.begin()));
  }
}

std::optional<node_id> dial_queue::front() const {
  if (due_.empty())
    return std::nullopt;
  return due_.begin()->id;
}

std::optional<node_id> dial_queue::best() const {
  if (due_by_worth_.empty())
    return std::nullopt;
  return due_by_worth_.begin()->id;
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
