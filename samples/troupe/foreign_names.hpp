// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe::command {

/// What to tell an operator of a CometBFT node who uses one of its options that
/// has no counterpart, so that it cannot be understood: `use "max-per-ip"
/// instead`. Empty if there is nothing to tell.
/// @param name with dashes or underscores, with or without its section.
std::string_view answer_to_foreign_option(std::string_view name);

/// The same for a subcommand.
std::string_view answer_to_foreign_command(std::string_view name);

/// The same for what somebody wants of a running node, with `troupe ctl`:
/// routes of CometBFT's RPC for example.
std::string_view answer_to_foreign_request(std::string_view name);

} // namespace troupe::command
