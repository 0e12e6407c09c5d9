// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_link.hpp"

#include <algorithm>

namespace troupe::testing {

time_point sim_link::send(size_t size, time_point now, sim_random& random) {
  auto gone = now;
  if (options_.bandwidth > 0) {
    constexpr uint64_t second = 1'000'000'000;
    auto time = static_cast<uint64_t>(size) * second / options_.bandwidth;
    gone = std::max(now, busy_until_) + duration{static_cast<int64_t>(time)};
    busy_until_ = gone;
  }
  return gone + options_.latency.draw(random);
}

std::optional<time_point> sim_link::send_datagram(size_t size, time_point now,
                                                  sim_random& random) {
  if (size > options_.datagram_size_max
      || (busy_until_ > now && busy_until_ - now > options_.datagram_wait_max)
      || random.chance(options_.lose_per_mille))
    return std::nullopt;
  const auto when = send(size, now, random);
  if (random.chance(options_.late_per_mille))
    return when + options_.latency.draw(random);
  last_datagram_ = std::max(last_datagram_, when);
  return last_datagram_;
}

void sim_link::set_blocked(bool value, time_point now) {
  if (value == blocked())
    return;
  if (value) {
    blocked_since_ = now;
    blocked_until_ = never;
  } else {
    blocked_until_ = now;
  }
}

void sim_link::stall(time_point until) {
  stalled_until_ = std::max(stalled_until_, until);
}

} // namespace troupe::testing
