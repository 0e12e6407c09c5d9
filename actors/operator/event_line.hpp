// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "troupe/actors/operator/event_words.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Longest text in an event, in bytes. A remote can choose some that are
/// longer, a moniker for example.
inline constexpr size_t event_text_max = 512;

/// Prints an event as one line of JSON, in ASCII, without the end of the line:
///
///     {"event":"peer_up","time":"2030-01-02T03:04:05.678Z","peer":"..."}
///
/// What is longer than `event_text_max` is cut, with `...` behind it. What is
/// no UTF-8 is replaced.
std::string as_json(const event_words& event, wall_time when);

/// The same for humans:
///
///     2030-01-02T03:04:05.678Z peer_up peer=...
///
/// Text that is not plain has JSON's quotes and escapes.
std::string as_text(const event_words& event, wall_time when);

} // namespace troupe
