// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/dial_watch.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace troupe::testing {

namespace {

using namespace std::chrono_literals;

/// Everything that a node does at once is done by then.
constexpr duration slack = 1ms;

/// A wait is taken for one without jitter if it is as close as this to one.
constexpr duration bare_tolerance = 1us;

/// With less jitter than this, waits without any are no surprise.
constexpr duration least_jitter = 100ms;

/// One such wait may be by chance, this many in a row are not.
constexpr size_t bare_waits_max = 2;

double seconds(duration x) {
  return std::chrono::duration<double>{x}.count();
}

} // namespace

std::optional<std::string> dial_watch::worked(const peer_manager_view& view,
                                              std::optional<time_point> next,
                                              time_point now) {
  auto wrong = check(now);
  worked_ = now;
  unseen_.reset();
  // With all dialers busy nobody waits for the time to come.
  due_ = view.dials.size() < rules_.max_dials ? next : std::nullopt;
  // What is overdue already, between two questions of a dialer, or since before
  // the node started, is due from now on.
  if (due_)
    due_ = std::max(*due_, now);
  std::map<node_id, attempt> seen;
  for (const auto& dial : view.dials) {
    const auto& peer = dial.address.id;
    auto i = dials_.find(peer);
    if (i == dials_.end() || i->second.deadline != dial.deadline) {
      seen.emplace(peer, attempt{dial.deadline, now});
      if (auto bare = began(peer, now); bare && !wrong)
        wrong = std::move(bare);
      continue;
    }
    const auto age = now - i->second.since;
    seen.emplace(peer, i->second);
    if (!wrong && age > rules_.longest_dial)
      wrong = fmt::format("a dial of {} is said to be under way for {:.3f} s, "
                          "and none takes longer than {:.3f} s",
                          to_string(peer), seconds(age),
                          seconds(rules_.longest_dial));
  }
  dials_ = std::move(seen);
  return wrong;
}

std::optional<std::string> dial_watch::check(time_point now) const {
  if (due_ && now > *due_ && now - *due_ > slack)
    return fmt::format("the peer manager slept {:.3f} s longer than it should",
                       seconds(now - *due_));
  if (unseen_ && now - *unseen_ > slack)
    return fmt::format("a dial failed, and the peer manager did not look for "
                       "what comes next for {:.3f} s",
                       seconds(now - *unseen_));
  return std::nullopt;
}

void dial_watch::requested(const node_id& peer, time_point now) {
  requested_[peer] = now;
}

std::optional<std::string> dial_watch::failed(const node_id& peer, errc why,
                                              time_point now) {
  failed_[peer] = now;
  // It may have heard of it before us.
  if (worked_ != now && !unseen_)
    unseen_ = now;
  // The peer manager may have heard of it before us, so that `dials_` does not
  // say any more.
  auto i = requested_.find(peer);
  if (why != errc::timeout || i == requested_.end())
    return std::nullopt;
  const auto waited = now - i->second;
  if (waited >= rules_.dial_timeout)
    return std::nullopt;
  return fmt::format("a dial of {} was given up {:.3f} s after its last "
                     "request to connect, which had {:.3f} s",
                     to_string(peer), seconds(waited),
                     seconds(rules_.dial_timeout));
}

/// A new dial: did it wait as it should after the last one?
std::optional<std::string> dial_watch::began(const node_id& peer,
                                             time_point now) {
  requested_.erase(peer);
  auto i = failed_.find(peer);
  if (i == failed_.end())
    return std::nullopt;
  auto wait = now - i->second;
  failed_.erase(i);
  if (rules_.retry.retry_time_jitter < least_jitter)
    return std::nullopt;
  bare_waits_ = is_bare(wait) ? bare_waits_ + 1 : 0;
  if (bare_waits_ <= bare_waits_max)
    return std::nullopt;
  return fmt::format("{} times in a row an address was dialed again without "
                     "jitter, {} after {:.3f} s",
                     bare_waits_, to_string(peer), seconds(wait));
}

bool dial_watch::is_bare(duration wait) const {
  const auto longest = std::max(rules_.retry.max_retry_time,
                                rules_.retry.max_retry_time_persistent);
  auto is_close = [wait](duration x) {
    return wait >= x - bare_tolerance && wait <= x + bare_tolerance;
  };
  for (uint32_t failures = 1;; ++failures) {
    auto bare = doubled(rules_.retry.min_retry_time, failures, longest);
    if (is_close(bare))
      return true;
    if (bare >= longest)
      break;
  }
  return is_close(rules_.retry.max_retry_time)
         || is_close(rules_.retry.max_retry_time_persistent);
}

} // namespace troupe::testing
