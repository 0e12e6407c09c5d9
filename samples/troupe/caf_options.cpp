// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/caf_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

struct range {
  std::string_view name;
  uint64_t min;
  uint64_t max;
};

constexpr uint64_t any = UINT64_MAX;

constexpr range numbers[] = {
    {"caf.scheduler.max-threads", 1, 1024},
    {"caf.scheduler.max-throughput", 1, any},
    {"caf.work-stealing.aggressive-poll-attempts", 1, any},
    {"caf.work-stealing.aggressive-steal-interval", 1, any},
    {"caf.work-stealing.moderate-poll-attempts", 1, any},
    {"caf.work-stealing.moderate-steal-interval", 1, any},
    {"caf.work-stealing.relaxed-steal-interval", 1, any},
};

constexpr std::string_view policies[] = {"sharing", "stealing"};

/// CAF finds by itself whether a value is one of these.
constexpr std::string_view others[] = {
    "caf.work-stealing.moderate-sleep-duration",
    "caf.work-stealing.relaxed-sleep-duration",
    "caf.logger.file.path",
    "caf.logger.file.format",
    "caf.logger.file.verbosity",
    "caf.logger.file.excluded-components",
    "caf.metrics-filters.actors.includes",
    "caf.metrics-filters.actors.excludes",
};

template <class Range>
bool contains(const Range& all, std::string_view what) {
  return std::find(std::begin(all), std::end(all), what) != std::end(all);
}

std::string check(const range& limits, const std::string& value) {
  uint64_t number = 0;
  const auto end = value.data() + value.size();
  const auto [behind, code] = std::from_chars(value.data(), end, number);
  if (code == std::errc{} && behind == end && number >= limits.min
      && number <= limits.max)
    return {};
  if (limits.max == any)
    return fmt::format("{} is not a number of at least {}",
                       troupe::quoted(value), limits.min);
  return fmt::format("{} is not a number from {} to {}", troupe::quoted(value),
                     limits.min, limits.max);
}

} // namespace

std::string check_caf_option(std::string_view name, const std::string& value) {
  for (const auto& limits : numbers)
    if (limits.name == name)
      return check(limits, value);
  if (name == "caf.scheduler.policy")
    return contains(policies, value)
               ? std::string{}
               : fmt::format("{} is not {}", troupe::quoted(value),
                             fmt::join(policies, " or "));
  return contains(others, name) ? std::string{}
                                : "an option of CAF that a node does not take";
}

} // namespace troupe::command
