// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/retry_schedule.hpp"

#include <algorithm>
#include <limits>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe {

namespace {

failure refuse(std::string_view option, duration value,
               std::string_view expected) {
  using seconds = std::chrono::duration<double>;
  return {errc::invalid_option, fmt::format("{} is {}, expected {}", option,
                                            seconds{value}, expected)};
}

} // namespace

failure validate(const retry_options& options) {
  if (options.min_retry_time <= duration::zero())
    return refuse("min_retry_time", options.min_retry_time, "more than 0");
  const std::pair<std::string_view, duration> maxima[] = {
      {"max_retry_time", options.max_retry_time},
      {"max_retry_time_persistent", options.max_retry_time_persistent},
  };
  for (auto [name, value] : maxima)
    if (value < options.min_retry_time)
      return refuse(name, value, "at least min_retry_time");
  if (options.retry_time_jitter < duration::zero())
    return refuse("retry_time_jitter", options.retry_time_jitter, "at least 0");
  return {};
}

duration doubled(duration shortest, uint32_t failures, duration longest) {
  auto wait = shortest;
  for (uint32_t i = 1; i < failures && wait > duration::zero(); ++i) {
    if (wait > longest / 2)
      return std::max(shortest, longest);
    wait *= 2;
  }
  return wait;
}

duration longest_retry_time(const retry_options& options, peer_class whose) {
  return whose == peer_class::ordinary ? options.max_retry_time
                                       : options.max_retry_time_persistent;
}

duration longest_wait(const retry_options& options, uint32_t failures,
                      peer_class whose) {
  if (failures == 0)
    return duration::zero();
  auto wait = doubled(options.min_retry_time, failures,
                      longest_retry_time(options, whose));
  return options.retry_time_jitter > duration::max() - wait
             ? duration::max()
             : wait + options.retry_time_jitter;
}

duration draw_retry_delay(const retry_options& options, uint32_t failures,
                          peer_class whose, entropy& random) {
  auto wait = doubled(options.min_retry_time, failures,
                      longest_retry_time(options, whose));
  auto bound = static_cast<uint64_t>(options.retry_time_jitter.count());
  auto jitter = duration{static_cast<duration::rep>(random.below(bound))};
  return jitter > duration::max() - wait ? duration::max() : wait + jitter;
}

time_point after(time_point now, duration wait) {
  return wait > time_point::max() - now ? time_point::max() : now + wait;
}

void increment(uint32_t& counter) {
  if (counter != std::numeric_limits<uint32_t>::max())
    ++counter;
}

} // namespace troupe
