// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/actors/operator/event_words.hpp"
#include "troupe/samples/troupe/monitor/message_tally.hpp"

namespace troupe::command {

/// Says a line of a tally as an event: `said` of all peers, `said_by` of one.
/// @param elapsed the time in which what is fresh was said.
event_words in_words(const tally_line& line, duration elapsed);

/// Says it for humans, in columns, without the end of the line.
std::string in_columns(const tally_line& line, duration elapsed);

} // namespace troupe::command
