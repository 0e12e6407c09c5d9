// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/ban_rules.hpp"

#include <utility>

namespace troupe {

failure validate(const ban_options& options) {
  if (options.min_ban_time <= duration::zero())
    return {errc::invalid_option, "min_ban_time: expected more than 0"};
  if (options.max_ban_time < options.min_ban_time)
    return {errc::invalid_option,
            "max_ban_time: expected at least min_ban_time"};
  if (options.max_banned == 0)
    return {errc::invalid_option, "max_banned is 0, expected at least 1"};
  return {};
}

sentence judge(peer_record& peer, peer_behaviour what, time_point now,
               const score_options& options) {
  peer.behaviour.add(points_of(what), now, options);
  if (points_of(what) > 0)
    return sentence::none;
  auto fatal = is_fatal(what);
  auto again = fatal && peer.last_fatal
               && now - *peer.last_fatal <= options.fatal_memory;
  if (fatal)
    peer.last_fatal = now;
  auto unbearable = peer.behaviour.at(now, options.half_life) <= options.ban_at;
  if (!again && !unbearable)
    return fatal ? sentence::evict : sentence::none;
  return peer.configured() ? sentence::evict : sentence::ban;
}

duration next_ban_time(peer_record& peer, time_point now,
                       const ban_options& options) {
  // Whoever stayed out of trouble for the longest time there is begins anew.
  if (peer.last_ban && now - *peer.last_ban > 2 * options.max_ban_time)
    peer.bans = 0;
  peer.last_ban = now;
  increment(peer.bans);
  return doubled(options.min_ban_time, peer.bans, options.max_ban_time);
}

} // namespace troupe
