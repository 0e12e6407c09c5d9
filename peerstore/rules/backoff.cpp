// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/backoff.hpp"

#include <algorithm>

#include "troupe/peerstore/rules/conduct.hpp"

namespace troupe {

void backoff::failed(peer_record& peer, address_record& known, errc why,
                     time_point now) {
  if (why == errc::self_connection) {
    // Configured, or it would be gone. Whatever leads us in a circle may
    // change; the peer is not to blame.
    known.retry_at = after(now, retry_.max_retry_time_persistent);
  } else if (is_ours(why)) {
    peer.held_until = after(now, cooldown_);
  } else {
    increment(known.failures);
    known.last_failure = now;
    known.retry_at = after(
        now, draw_retry_delay(retry_, known.failures, peer.kind, *random_));
  }
}

void backoff::answered(address_record& known) {
  known.failures = 0;
  known.retry_at = time_point::min();
}

void backoff::misfit(peer_record& peer, time_point now) {
  if (!peer.configured())
    return;
  auto wait = draw_retry_delay(retry_, UINT32_MAX, peer.kind, *random_);
  peer.dialable_at = std::max(peer.dialable_at, after(now, wait));
}

void backoff::ended(peer_record& peer, bool by_us, time_point now) const {
  if (by_us) {
    peer.held_until = after(now, cooldown_);
    return;
  }
  auto wait = doubled(cooldown_, peer.short_connections,
                      longest_retry_time(retry_, peer.kind));
  peer.dialable_at = std::max(peer.dialable_at, after(now, wait));
}

void backoff::waive(peer_record& peer) {
  peer.dialable_at = time_point::min();
  peer.held_until = time_point::min();
  for (auto& known : peer.addresses)
    known.retry_at = time_point::min();
}

} // namespace troupe
