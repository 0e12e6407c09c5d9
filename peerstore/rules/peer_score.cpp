// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_score.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace troupe {

namespace {

/// Less than this is nothing: a thousandth is what stores keep.
constexpr double negligible = 0.0005;

double half_lives(duration passed, duration half_life) {
  return static_cast<double>(passed.count())
         / static_cast<double>(half_life.count());
}

failure refuse(std::string_view option, std::string_view expected) {
  return {errc::invalid_option,
          fmt::format("score.{}: expected {}", option, expected)};
}

} // namespace

failure validate(const score_options& options) {
  if (options.half_life <= duration::zero())
    return refuse("half_life", "more than 0");
  if (options.fatal_memory < duration::zero())
    return refuse("fatal_memory", "at least 0");
  // Comparisons that hold for no NaN. The bound is far from the distance
  // between classes.
  const auto sane_bound = options.bound > 0 && options.bound <= 10'000;
  if (!sane_bound)
    return refuse("bound", "more than 0, at most 10000");
  const auto sane_ban = options.ban_at < 0 && options.ban_at >= -options.bound;
  if (!sane_ban)
    return refuse("ban_at", "less than 0, at least -bound");
  const auto sane_penalty
      = options.failure_penalty >= 0 && options.failure_penalty <= 100;
  if (!sane_penalty)
    return refuse("failure_penalty", "0 to 100");
  if (options.max_penalties > 100)
    return refuse("max_penalties", "at most 100");
  return {};
}

double points_of(peer_behaviour what) {
  switch (what) {
    case peer_behaviour::useful_message:
    case peer_behaviour::stable_connection:
      return 1;
    case peer_behaviour::useful_block:
      return 5;
    case peer_behaviour::served_request:
      return 2;
    case peer_behaviour::useless_message:
      return -1;
    case peer_behaviour::timeout:
      return -5;
    case peer_behaviour::bad_address:
      return -2;
    case peer_behaviour::unsolicited:
      return -10;
    case peer_behaviour::bad_message:
    case peer_behaviour::spam:
      return -20;
    case peer_behaviour::protocol_violation:
      return -60;
    case peer_behaviour::false_proof:
      return -100;
  }
  return 0;
}

bool is_fatal(peer_behaviour what) {
  return what == peer_behaviour::protocol_violation
         || what == peer_behaviour::false_proof;
}

double base_score(peer_class whose) {
  return static_cast<double>(whose) * 100'000;
}

double decaying::at(time_point now, duration half_life) const {
  if (now <= at_ || value_ == 0)
    return value_;
  auto left = value_ * std::exp2(-half_lives(now - at_, half_life));
  return std::abs(left) < negligible ? 0 : left;
}

void decaying::add(double points, time_point now,
                   const score_options& options) {
  value_ = std::clamp(at(now, options.half_life) + points, -options.bound,
                      options.bound);
  at_ = std::max(at_, now);
}

standing standing::of(peer_class kind, double points, time_point now,
                      duration half_life) {
  if (std::abs(points) < negligible)
    return {kind, 0, 0};
  auto level = std::log2(std::abs(points))
               + half_lives(now.time_since_epoch(), half_life);
  return points > 0 ? standing{kind, 1, level} : standing{kind, -1, -level};
}

} // namespace troupe
