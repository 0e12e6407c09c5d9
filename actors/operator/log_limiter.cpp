// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log_limiter.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

bool log_limiter::admit(std::string_view kind, time_point now) {
  auto i = kinds_.find(kind);
  if (i == kinds_.end())
    i = kinds_
            .emplace(std::string{kind},
                     entry{token_bucket{options_.rate.burst, now}})
            .first;
  auto& which = i->second;
  if (which.bucket.level(options_.rate, now) >= 1) {
    which.bucket.take(options_.rate, now);
    return true;
  }
  if (which.left_out++ == 0)
    which.first_left_out = now;
  return false;
}

std::vector<log_limiter::summary> log_limiter::take_summaries(time_point now) {
  std::vector<summary> result;
  for (auto& [kind, which] : kinds_)
    if (which.left_out > 0
        && now >= which.first_left_out + options_.summary_interval)
      result.push_back({kind, std::exchange(which.left_out, 0)});
  return result;
}

std::optional<time_point> log_limiter::next_wakeup() const {
  std::optional<time_point> result;
  for (const auto& [kind, which] : kinds_) {
    if (which.left_out == 0)
      continue;
    const auto due = which.first_left_out + options_.summary_interval;
    result = result ? std::min(*result, due) : due;
  }
  return result;
}

} // namespace troupe
