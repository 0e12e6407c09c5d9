// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/actors/operator/event_words.hpp"

namespace troupe::command {

/// Prints an event that happens now, as JSON or for humans, without the end of
/// the line.
std::string event_line(bool json, const event_words& event);

} // namespace troupe::command
