// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/timestamp.hpp"

#include <chrono>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe {

std::string timestamp(wall_time when) {
  using namespace std::chrono;
  const auto second = floor<seconds>(when);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(system_clock::to_time_t(second)),
                     (when - second).count());
}

} // namespace troupe
