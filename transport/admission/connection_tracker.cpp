// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/connection_tracker.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace troupe {

namespace {

/// How much of a bucket is left, from 0 to 1. Without a rate it is full.
double fraction(const token_bucket& bucket,
                const std::optional<rate_limit>& rate, time_point now) {
  return rate ? bucket.level(*rate, now) / rate->burst : 1.0;
}

bool has_token(const token_bucket& bucket,
               const std::optional<rate_limit>& rate, time_point now) {
  return !rate || bucket.level(*rate, now) >= 1.0;
}

void take(token_bucket& bucket, const std::optional<rate_limit>& rate,
          time_point now) {
  if (rate)
    bucket.take(*rate, now);
}

/// Whether somebody may draw from what he shares with others, of which `rest`
/// is left. As long as that is half or more, everybody may; of the last half,
/// the less there is, the less one may have taken of late. So whoever took less
/// than the others always finds something.
bool is_fair(const token_bucket& own, const std::optional<rate_limit>& rate,
             double rest, time_point now) {
  // Nobody takes more of late than a burst and what comes in meanwhile.
  return !rate || own.recent(*rate, now) <= 2 * rate->burst * 2 * rest;
}

} // namespace

// -- connection_slot ----------------------------------------------------------

connection_slot::connection_slot(connection_slot&& other) noexcept
  : tracker_(std::exchange(other.tracker_, nullptr)),
    counted_(other.counted_) {}

connection_slot& connection_slot::operator=(connection_slot&& other) noexcept {
  if (this != &other) {
    release();
    tracker_ = std::exchange(other.tracker_, nullptr);
    counted_ = other.counted_;
  }
  return *this;
}

connection_slot::~connection_slot() {
  release();
}

void connection_slot::release() noexcept {
  if (auto tracker = std::exchange(tracker_, nullptr))
    tracker->release(counted_);
}

// -- connection_tracker -------------------------------------------------------

connection_tracker::connection_tracker(inbound_limits limits)
  : limits_(std::move(limits)),
    ips_(limits_.tracked_max),
    subnets_(limits_.tracked_max) {
  assert(validate(limits_).code == errc::none);
}

connection_tracker::verdict connection_tracker::attempt(const ip_address& ip,
                                                        time_point now) {
  const auto from = origin_of(limits_, ip);
  if (!from) {
    ++live_;
    return {errc::none, connection_slot{this, std::nullopt}};
  }
  const auto who = connection_slot::keys{ip_network::of(ip), from->subnet};
  expire(now);
  if (auto code = check(who, now); code != errc::none)
    return {code, {}};
  ips_.add(who.ip);
  if (who.subnet)
    subnets_.add(*who.subnet);
  ++live_;
  return {errc::none, connection_slot{this, who}};
}

errc connection_tracker::check(const connection_slot::keys& who,
                               time_point now) {
  if (!total_)
    total_.emplace(limits_.total_rate ? limits_.total_rate->burst : 0.0, now);
  auto* ip = ips_.touch(who.ip, limits_.ip_rate, now);
  if (ip == nullptr || !has_token(ip->bucket, limits_.ip_rate, now))
    return errc::rate_limited;
  // What shares with all others: a subnet, or an address that counts for
  // itself.
  auto* group = ip;
  auto group_rate = limits_.ip_rate;
  if (who.subnet) {
    group_rate = limits_.subnet_rate;
    group = subnets_.touch(*who.subnet, group_rate, now);
    if (group == nullptr || !has_token(group->bucket, group_rate, now))
      return errc::rate_limited;
    const auto rest = fraction(group->bucket, group_rate, now);
    if (!is_fair(ip->bucket, limits_.ip_rate, rest, now))
      return errc::rate_limited;
  }
  const auto rest = fraction(*total_, limits_.total_rate, now);
  if (!has_token(*total_, limits_.total_rate, now)
      || !is_fair(group->bucket, group_rate, rest, now))
    return errc::rate_limited;
  take(ip->bucket, limits_.ip_rate, now);
  if (who.subnet)
    take(group->bucket, group_rate, now);
  if (ip->live >= limits_.max_per_ip
      || (who.subnet && group->live >= limits_.max_per_subnet))
    return errc::too_many_from_ip;
  take(*total_, limits_.total_rate, now);
  return errc::none;
}

void connection_tracker::set_limits(inbound_limits limits) {
  assert(validate(limits).code == errc::none);
  limits_ = std::move(limits);
  ips_.set_size_max(limits_.tracked_max);
  subnets_.set_size_max(limits_.tracked_max);
}

void connection_tracker::expire(time_point now) {
  ips_.expire(limits_.ip_rate, now);
  subnets_.expire(limits_.subnet_rate, now);
}

std::optional<time_point> connection_tracker::next_wakeup() const {
  auto first = ips_.next_wakeup(limits_.ip_rate);
  auto second = subnets_.next_wakeup(limits_.subnet_rate);
  if (!first || !second)
    return first ? first : second;
  return std::min(*first, *second);
}

size_t connection_tracker::live(const ip_address& ip) const {
  return ips_.live(ip_network::of(ip));
}

void connection_tracker::release(
    const std::optional<connection_slot::keys>& counted) {
  --live_;
  if (!counted)
    return;
  ips_.remove(counted->ip);
  if (counted->subnet)
    subnets_.remove(*counted->subnet);
}

} // namespace troupe
