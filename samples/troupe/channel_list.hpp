// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/result.hpp"

namespace troupe::command {

/// Parses a list of channels: numbers, decimal or `0x` hexadecimal, or
/// `cometbft` for those of a CometBFT node but peer exchange, separated by
/// commas.
/// @returns `invalid_option` for what is no channel, and for what is there
///          twice; the context names it and what was expected.
result<std::vector<channel_id>> parse_channels(const std::string& list);

/// Prints a channel as `0x07`.
std::string to_text(channel_id id);

} // namespace troupe::command
