// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/conduct.hpp"

#include <algorithm>
#include <string>

#include "troupe/messages/culprit.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"

namespace troupe {

bool is_ours(errc reason) {
  switch (reason) {
    case errc::none:
    case errc::invalid_address:
    case errc::invalid_endpoint:
    case errc::unsupported_protocol:
    case errc::filtered:
    case errc::incompatible:
      return false;
    default:
      return culprit_of(reason) == culprit::us;
  }
}

sentence conduct::judge(peer_record& peer, peer_behaviour what,
                        time_point now) const {
  peer.behaviour.add(points_of(what), now, score_);
  if (points_of(what) > 0)
    return sentence::none;
  auto fatal = is_fatal(what);
  auto again = fatal && peer.last_fatal
               && now - *peer.last_fatal <= score_.fatal_memory;
  if (fatal) {
    peer.last_fatal = now;
    peer.served_since.reset();
  }
  auto unbearable = peer.behaviour.at(now, score_.half_life) <= score_.ban_at;
  if (!again && !unbearable)
    return fatal ? sentence::evict : sentence::none;
  return peer.configured() ? sentence::evict : sentence::ban;
}

void conduct::note_end(peer_record& peer, duration lasted, bool by_us,
                       time_point now) const {
  // Old penalties are as old as the last end that counts.
  if (!by_us || peer.short_connections == 0)
    peer.last_disconnected = now;
  if (is_lasting(lasted)) {
    peer.short_connections = 0;
    // Not more than for one, however many there were: whoever comes and goes,
    // or is evicted and returns, would be better than all who stay.
    const auto worth = points_of(peer_behaviour::stable_connection);
    const auto has = peer.behaviour.at(now, score_.half_life);
    peer.behaviour.add(std::clamp(worth - has, 0.0, worth), now, score_);
  } else if (!by_us) {
    increment(peer.short_connections);
  }
}

ban_record conduct::next_ban(peer_record& peer, peer_behaviour what,
                             time_point now) const {
  // Whoever stayed out of trouble for the longest time there is begins anew.
  if (peer.last_ban && now - *peer.last_ban > 2 * bans_.max_ban_time)
    peer.bans = 0;
  peer.last_ban = now;
  increment(peer.bans);
  auto wait = doubled(bans_.min_ban_time, peer.bans, bans_.max_ban_time);
  return {after(now, wait),
          std::string{"misbehaved: "}.append(to_string(what))};
}

void conduct::pardon(peer_record& peer) {
  peer.behaviour = {};
  peer.bans = 0;
  peer.last_fatal.reset();
}

} // namespace troupe
