// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::command {

/// What an event says, in order, as an object.
using event_fields = nlohmann::ordered_json;

/// Longest text in an event, in bytes. A remote can choose some that are
/// longer, a moniker for example.
inline constexpr size_t event_text_max = 512;

/// Prints an event that happens now, without the end of the line:
///
///     {"event":"peer_up","time":"2030-01-02T03:04:05.678Z","peer":"..."}
///     2030-01-02T03:04:05.678Z peer_up peer=...
///
/// What is longer than `event_text_max` is cut, with `...` behind it.
std::string event_line(bool json, std::string_view event,
                       const event_fields& more = event_fields::object());

} // namespace troupe::command
