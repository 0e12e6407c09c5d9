// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_backlog.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

bool quic_backlog::add(caller who, time_point now) {
  expire(now);
  if (waiting_.size() == size_max || !has_share(who.from.ip))
    return false;
  waiting_.push_back({std::move(who), now + wait_max});
  return true;
}

std::optional<quic_backlog::caller> quic_backlog::take(time_point now) {
  expire(now);
  if (waiting_.empty())
    return std::nullopt;
  auto result = std::move(waiting_.front().who);
  waiting_.pop_front();
  return result;
}

bool quic_backlog::is_crowded(time_point now) {
  expire(now);
  return waiting_.size() >= size_max / 2;
}

bool quic_backlog::has_share(const ip_address& ip) const {
  const auto from = origin_of(limits_, ip);
  if (!from)
    return true;
  const auto of_ip = std::ranges::count_if(
      waiting_, [&](const auto& x) { return x.who.from.ip == ip; });
  if (static_cast<size_t>(of_ip) >= per_ip_max)
    return false;
  if (!from->subnet)
    return true;
  const auto of_subnet = std::ranges::count_if(waiting_, [&](const auto& x) {
    return from->subnet->contains(x.who.from.ip);
  });
  return static_cast<size_t>(of_subnet) < per_subnet_max;
}

void quic_backlog::expire(time_point now) {
  while (!waiting_.empty() && waiting_.front().until <= now)
    waiting_.pop_front();
}

} // namespace troupe
