// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_order.hpp"

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

/// From when on a peer may be dialed; absent if not at all.
std::optional<time_point> dialable_from(const peer_record& peer,
                                        const location_index& locations) {
  if (peer.busy || peer.blocked || peer.hopeless())
    return std::nullopt;
  std::optional<time_point> result;
  // Only one peer at a time is dialed at a location.
  for (const auto& known : peer.addresses)
    if (!locations.occupied(known.address))
      result = result ? std::min(*result, known.retry_at) : known.retry_at;
  if (!result)
    return result;
  result = std::max({*result, peer.dialable_at, peer.held_until});
  return peer.ban ? std::max(*result, peer.ban->until) : *result;
}

} // namespace

dial_queue& dial_order::queue_of(const peer_record& peer) {
  return peer.kind == peer_class::unconditional ? uncounted_ : counted_;
}

void dial_order::place(const node_id& id, peer_record& peer,
                       const location_index& locations) {
  if (auto from = dialable_from(peer, locations))
    queue_of(peer).put(id, peer, *from);
  else
    queue_of(peer).remove(id, peer);
}

void dial_order::remove(const node_id& id, peer_record& peer) {
  queue_of(peer).remove(id, peer);
}

void dial_order::advance(time_point now) {
  uncounted_.advance(now);
  counted_.advance(now);
}

} // namespace troupe
