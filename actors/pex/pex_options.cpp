// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex_options.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

failure refuse(std::string_view name, std::string_view expected) {
  return {errc::invalid_option, fmt::format("{}: expected {}", name, expected)};
}

bool is_sound(const rate_limit& limit) {
  return limit.per_second > 0 && limit.burst >= 1;
}

} // namespace

failure validate(const pex_options& options) {
  const auto& asking = options.asking;
  const std::pair<std::string_view, duration> times[] = {
      {"asking.min_interval", asking.min_interval},
      {"asking.max_interval", asking.max_interval},
      {"asking.eager_interval", asking.eager_interval},
      {"asking.peer_pause", asking.peer_pause},
      {"asking.answer_time", asking.answer_time},
      {"asking.silent_pause", asking.silent_pause},
      {"requests.early_wait", options.requests.early_wait},
      {"visits.stay", options.visits.stay},
  };
  for (auto [name, value] : times)
    if (value <= duration::zero())
      return refuse(name, "more than 0");
  if (asking.max_interval < asking.min_interval)
    return refuse("asking.max_interval", "at least asking.min_interval");
  if (!(asking.full_at > 0) || asking.full_at > 1)
    return refuse("asking.full_at", "more than 0 and at most 1");
  const std::pair<std::string_view, const rate_limit*> rates[] = {
      {"requests.answers", &options.requests.answers},
      {"requests.requests", &options.requests.requests},
      {"requests.early_birds", &options.requests.early_birds},
  };
  for (auto [name, rate] : rates)
    if (!is_sound(*rate))
      return refuse(name, "a rate above 0 and a burst of at least 1");
  return {};
}

} // namespace troupe
