// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <fmt/format.h>

#include "troupe/messages/time.hpp"

namespace troupe::testing {

/// Returns a time as it stands in a program: `2min`, `1500ms`.
inline std::string duration_code(duration time) {
  using namespace std::chrono_literals;
  if (time == 0ns)
    return "0s";
  if (time % 60s == 0ns)
    return fmt::format("{}min", time / 60s);
  if (time % 1s == 0ns)
    return fmt::format("{}s", time / 1s);
  if (time % 1ms == 0ns)
    return fmt::format("{}ms", time / 1ms);
  if (time % 1us == 0ns)
    return fmt::format("{}us", time / 1us);
  return fmt::format("{}ns", time.count());
}

} // namespace troupe::testing
