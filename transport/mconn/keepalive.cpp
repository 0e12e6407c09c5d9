// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/keepalive.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe {

namespace {

constexpr duration shortest_time = std::chrono::milliseconds{1};

constexpr duration longest_time = std::chrono::hours{24 * 365};

std::string print(duration value) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(value);
  return std::to_string(ms.count()) + "ms";
}

failure check_range(std::string_view name, duration value) {
  if (value >= shortest_time && value <= longest_time)
    return {};
  return {errc::invalid_option,
          std::string{name} + ": expected between " + print(shortest_time)
              + " and " + print(longest_time) + ", got " + print(value)};
}

} // namespace

failure validate(const keepalive_options& options) {
  if (auto what = check_range("ping_interval", options.ping_interval);
      what.code != errc::none)
    return what;
  if (auto what = check_range("pong_timeout", options.pong_timeout);
      what.code != errc::none)
    return what;
  if (2 * options.pong_timeout < 3 * options.ping_interval)
    return {errc::invalid_option,
            "pong_timeout: expected at least 1.5 times the ping_interval of "
                + print(options.ping_interval) + ", got "
                + print(options.pong_timeout)};
  return {};
}

keepalive::keepalive(const keepalive_options& options, time_point now)
  : options_(options),
    next_ping_(now + options.ping_interval),
    last_received_(now) {
  // nop
}

void keepalive::received(time_point now) noexcept {
  last_received_ = std::max(last_received_, now);
  if (paused_at_)
    paused_at_ = std::max(*paused_at_, now);
}

void keepalive::ping_sent(time_point now) noexcept {
  if (!pinged_at_)
    pinged_at_ = now;
}

void keepalive::pong_received(time_point now) noexcept {
  if (pinged_at_)
    rtt_ = now - *pinged_at_;
  pinged_at_.reset();
}

void keepalive::paused(time_point now) noexcept {
  if (!paused_at_)
    paused_at_ = std::max(now, last_received_);
}

void keepalive::resumed(time_point now) noexcept {
  if (paused_at_ && now > *paused_at_)
    last_received_ += now - *paused_at_;
  paused_at_.reset();
}

keepalive::action keepalive::check(time_point now) noexcept {
  if (!paused_at_ && now >= deadline())
    return action::peer_silent;
  if (now < next_ping_)
    return action::none;
  auto late = (now - next_ping_) / options_.ping_interval;
  next_ping_ += (late + 1) * options_.ping_interval;
  return action::send_ping;
}

time_point keepalive::next_wakeup() const noexcept {
  return paused_at_ ? next_ping_ : std::min(next_ping_, deadline());
}

time_point keepalive::deadline() const noexcept {
  return last_received_ + options_.pong_timeout;
}

} // namespace troupe
