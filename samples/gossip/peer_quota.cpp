// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/peer_quota.hpp"

#include <algorithm>
#include <chrono>

namespace troupe {

peer_quota::peer_quota(const gossip_quota& limits, time_point now)
  : limits_(limits),
    bytes_(limits.bytes, now),
    messages_(limits.messages, now),
    ids_(limits.ids, now),
    changes_(limits.changes, now),
    promises_{limits.broken_promises.burst, now} {}

bool peer_quota::allowance::take(const gossip_rate& rate, double amount,
                                 time_point now) {
  const auto passed = std::chrono::duration<double>{now - at}.count();
  level = std::min(level + std::max(passed, 0.0) * rate.per_second, rate.burst);
  at = std::max(at, now);
  if (level < amount)
    return false;
  level -= amount;
  return true;
}

peer_quota::verdict peer_quota::meter::take(const gossip_rate& rate,
                                            double amount, time_point now) {
  if (within.take(rate, amount, now))
    return verdict::take;
  return beyond.take(rate, amount, now) ? verdict::shed : verdict::flood;
}

peer_quota::verdict peer_quota::received(size_t bytes, size_t ids,
                                         time_point now) {
  // All of them count, and the worst verdict stands.
  return std::max({bytes_.take(limits_.bytes, static_cast<double>(bytes), now),
                   messages_.take(limits_.messages, 1, now),
                   ids_.take(limits_.ids, static_cast<double>(ids), now)});
}

peer_quota::verdict peer_quota::changed(time_point now) {
  return changes_.take(limits_.changes, 1, now);
}

peer_quota::verdict peer_quota::broke_promise(time_point now) {
  return promises_.take(limits_.broken_promises, 1, now) ? verdict::take
                                                         : verdict::flood;
}

} // namespace troupe
