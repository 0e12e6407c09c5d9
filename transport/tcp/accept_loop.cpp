// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/accept_loop.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

accept_loop::accept_loop(accept_options options)
  : max_accepted_(options.max_accepted),
    lists_(std::move(options.lists)),
    tracker_(std::move(options.limits)) {}

bool accept_loop::may_take(time_point now) const {
  return now >= rest_until_ && tracker_.live() < max_accepted_;
}

void accept_loop::found(accept_status status, time_point now) {
  switch (status) {
    case accept_status::accepted:
      pause_ = pause_min;
      [[fallthrough]];
    case accept_status::aborted:
      if (taken_ == 0 || now >= turn_began_ + turn) {
        turn_began_ = now;
        taken_ = 0;
      }
      if (++taken_ == accepts_a_turn) {
        taken_ = 0;
        rest(turn_began_ + turn);
      }
      break;
    case accept_status::exhausted:
      rest(now + pause_);
      pause_ = std::min(pause_ * 2, pause_max);
      break;
    case accept_status::drained:
    case accept_status::closed:
      break;
  }
}

void accept_loop::rest(time_point until) {
  rest_until_ = std::max(rest_until_, until);
}

connection_tracker::verdict accept_loop::arrived(const ip_address& from,
                                                 time_point now) {
  if (!lists_.passes(from))
    return {errc::filtered};
  return tracker_.attempt(from, now);
}

void accept_loop::set_limits(inbound_limits limits) {
  max_accepted_ = limits.max_accepted.value_or(max_accepted_);
  tracker_.set_limits(std::move(limits));
}

std::optional<time_point> accept_loop::next_wakeup(time_point now) const {
  auto result = tracker_.next_wakeup();
  if (rest_until_ > now)
    result = result ? std::min(*result, rest_until_) : rest_until_;
  return result;
}

} // namespace troupe
