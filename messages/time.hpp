// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace troupe {

/// What cores measure time in.
using duration = std::chrono::nanoseconds;

/// What cores call `now`. The same type as `caf::actor_clock::time_point`, so
/// that actors hand their clock's time straight to their core.
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A time of day, for what outlives the process: steady clocks begin anew.
using wall_time = std::chrono::time_point<std::chrono::system_clock,
                                          std::chrono::milliseconds>;

} // namespace troupe
