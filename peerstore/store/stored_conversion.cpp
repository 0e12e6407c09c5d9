// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/stored_conversion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe {

namespace {

using milliseconds = std::chrono::milliseconds;

/// Returns `a + b`, or the nearest number that there is.
int64_t add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_add_overflow(a, b, &result))
    return result;
  return b > 0 ? std::numeric_limits<int64_t>::max()
               : std::numeric_limits<int64_t>::min();
}

int64_t subtract(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_sub_overflow(a, b, &result))
    return result;
  return b < 0 ? std::numeric_limits<int64_t>::max()
               : std::numeric_limits<int64_t>::min();
}

int64_t scale(int64_t x, int64_t factor) {
  int64_t result = 0;
  if (!__builtin_mul_overflow(x, factor, &result))
    return result;
  return x > 0 ? std::numeric_limits<int64_t>::max()
               : std::numeric_limits<int64_t>::min();
}

std::optional<wall_time> to_wall(const clock_pair& clocks,
                                 const std::optional<time_point>& when) {
  if (!when || *when == time_point::min())
    return std::nullopt;
  return clocks.to_wall(*when);
}

std::optional<time_point> past(const clock_pair& clocks,
                               const std::optional<wall_time>& when) {
  if (!when)
    return std::nullopt;
  return clocks.past(*when);
}

time_point future(const clock_pair& clocks,
                  const std::optional<wall_time>& when,
                  const std::optional<wall_time>& written, duration longest) {
  return when ? clocks.future(*when, written, longest) : time_point::min();
}

/// What is older is as old as this. Differences of times must not overflow.
constexpr duration oldest = std::chrono::hours{24 * 36'500};

/// Clocks that are set right by less than this drift, others jump.
constexpr auto drift_max = std::chrono::seconds{10};

} // namespace

// -- clocks -------------------------------------------------------------------

wall_time clock_pair::to_wall(time_point when) const {
  auto ns = subtract(when.time_since_epoch().count(),
                     now.time_since_epoch().count());
  auto ms = std::chrono::floor<milliseconds>(duration{ns}).count();
  return wall_time{milliseconds{add(wall_now.time_since_epoch().count(), ms)}};
}

time_point clock_pair::to_steady(wall_time when) const {
  auto ms = subtract(when.time_since_epoch().count(),
                     wall_now.time_since_epoch().count());
  auto ns = scale(ms, 1'000'000);
  return time_point{duration{add(now.time_since_epoch().count(), ns)}};
}

time_point clock_pair::past(wall_time when) const {
  const auto first
      = now.time_since_epoch() > time_point::min().time_since_epoch() + oldest
            ? now - oldest
            : time_point::min();
  return std::clamp(to_steady(when), first, now);
}

time_point clock_pair::future(wall_time when,
                              const std::optional<wall_time>& written,
                              duration longest) const {
  auto most = after(now, longest);
  if (written) {
    const auto left = scale(subtract(when.time_since_epoch().count(),
                                     written->time_since_epoch().count()),
                            1'000'000);
    most = std::min(most, after(now, duration{std::max<int64_t>(left, 0)}));
  }
  return std::min(to_steady(when), most);
}

bool clock_pair::jumped_since(const clock_pair& before) const {
  const auto expected = before.to_wall(now);
  const auto off = subtract(wall_now.time_since_epoch().count(),
                            expected.time_since_epoch().count());
  return off > milliseconds{drift_max}.count()
         || off < -milliseconds{drift_max}.count();
}

// -- records ------------------------------------------------------------------

stored_peer to_stored(const node_id& id, const peer_record& peer,
                      const clock_pair& clocks, const score_options& score) {
  stored_peer result;
  result.id = id;
  for (const auto& known : peer.addresses)
    result.addresses.push_back({known.address, known.failures,
                                to_wall(clocks, known.retry_at),
                                to_wall(clocks, known.last_success),
                                to_wall(clocks, known.last_failure)});
  auto behaviour = peer.behaviour.at(clocks.now, score.half_life);
  if (behaviour != 0) {
    result.score_milli = std::llround(behaviour * 1000);
    result.scored_at = clocks.wall_now;
  }
  result.short_connections = peer.short_connections;
  result.dialable_at = to_wall(clocks, peer.dialable_at);
  result.served_since = to_wall(clocks, peer.served_since);
  result.last_connected = to_wall(clocks, peer.last_connected);
  result.last_disconnected = to_wall(clocks, peer.last_disconnected);
  result.stored_at = clocks.wall_now;
  result.anchor = peer.anchor;
  if (peer.ban)
    result.ban = stored_ban{clocks.to_wall(peer.ban->until), peer.ban->reason,
                            peer.ban->by_operator};
  if (peer.incompatible)
    result.incompatible = stored_incompatibility{
        clocks.to_wall(peer.incompatible->since), peer.incompatible->reason,
        peer.incompatible->detail, peer.incompatible->with};
  return result;
}

void restore(address_record& known, const stored_address& stored,
             const std::optional<wall_time>& written, const clock_pair& clocks,
             duration longest_wait) {
  known.failures = stored.failures;
  known.retry_at = future(clocks, stored.retry_at, written, longest_wait);
  known.last_success = past(clocks, stored.last_success);
  known.last_failure = past(clocks, stored.last_failure);
}

void restore(peer_record& peer, const stored_peer& stored,
             const clock_pair& clocks, const peer_manager_options& options) {
  if (stored.score_milli != 0) {
    auto points = std::clamp(static_cast<double>(stored.score_milli) / 1000,
                             -options.score.bound, options.score.bound);
    auto when = stored.scored_at ? clocks.past(*stored.scored_at) : clocks.now;
    peer.behaviour = {points, when};
  }
  peer.short_connections = stored.short_connections;
  auto longest = longest_retry_time(options.retry, peer.kind);
  // Who does not fit waits longest; others as their connections deserve.
  auto wait = stored.incompatible
                  ? longest_wait(options.retry, UINT32_MAX, peer.kind)
                  : doubled(options.disconnect_cooldown,
                            stored.short_connections, longest);
  peer.dialable_at = future(clocks, stored.dialable_at, stored.stored_at, wait);
  peer.served_since = past(clocks, stored.served_since);
  peer.last_connected = past(clocks, stored.last_connected);
  peer.last_disconnected = past(clocks, stored.last_disconnected);
  if (stored.incompatible)
    peer.incompatible = incompatibility{
        clocks.past(stored.incompatible->since), stored.incompatible->reason,
        stored.incompatible->detail, stored.incompatible->with};
}

} // namespace troupe
