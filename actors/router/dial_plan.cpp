// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dial_plan.hpp"

#include <algorithm>

#include "troupe/messages/ip_scope.hpp"

namespace troupe {

bool may_lead_to(const endpoint& where, const name_limits& limits) {
  if (!where.ip)
    return true;
  const auto scope = scope_of(*where.ip);
  if (scope == ip_scope::unspecified || scope == ip_scope::nobody)
    return false;
  if (is_private(*where.ip) && !limits.private_too)
    return false;
  return std::ranges::none_of(limits.own, [&where](const endpoint& own) {
    return own.ip == where.ip && own.port == where.port;
  });
}

std::vector<ip_address>
interleave_families(const std::vector<ip_address>& addresses) {
  std::vector<ip_address> result;
  if (addresses.empty())
    return result;
  // The one whose turn it is, and the other one.
  std::deque<ip_address> now;
  std::deque<ip_address> then;
  for (const auto& ip : addresses)
    (ip.is_v4() == addresses.front().is_v4() ? now : then).push_back(ip);
  while (!now.empty() || !then.empty()) {
    if (!now.empty()) {
      result.push_back(now.front());
      now.pop_front();
    }
    std::swap(now, then);
  }
  return result;
}

dial_plan::dial_plan(const std::vector<endpoint>& endpoints)
  : left_(endpoints.begin(), endpoints.begin()
                                 + static_cast<ptrdiff_t>(std::min(
                                     endpoints.size(), dialer_endpoints_max))) {
}

std::optional<endpoint> dial_plan::next(time_point now) {
  if (left_.empty() || running_ >= attempts_max || now < next_at_)
    return std::nullopt;
  auto result = std::move(left_.front());
  left_.pop_front();
  ++running_;
  next_at_ = now + attempt_delay;
  return result;
}

std::optional<time_point> dial_plan::next_wakeup() const {
  if (left_.empty() || running_ >= attempts_max)
    return std::nullopt;
  return next_at_;
}

void dial_plan::failed() {
  --running_;
  next_at_ = time_point::min();
}

void dial_plan::succeeded() {
  --running_;
  left_.clear();
}

} // namespace troupe
