// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "troupe/messages/time.hpp"

namespace troupe::command {

/// Parses a time as Go prints it, `2030-01-02T03:04:05.678901234+02:00` or with
/// `Z`; what is finer than a millisecond is cut off.
/// @returns nothing for any other text, and for what is no time of the
/// calendar.
std::optional<wall_time> parse_timestamp(std::string_view text);

} // namespace troupe::command
