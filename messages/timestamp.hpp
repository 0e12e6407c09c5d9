// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/messages/time.hpp"

namespace troupe {

/// A time as RFC 3339 has it, in UTC with milliseconds:
/// "2030-01-02T03:04:05.678Z".
std::string timestamp(wall_time when);

} // namespace troupe
