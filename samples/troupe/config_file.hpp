// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/result.hpp"

namespace troupe::command {

/// A line of a configuration file that sets something.
struct config_entry {
  /// With the groups around it: `troupe.listen`.
  std::string name;

  /// What was in the quotes, or the bare word, or the list with its brackets.
  std::string value;

  /// Where, from 1.
  size_t line;
};

/// Reads the syntax of CAF's configuration files:
///
///     # a comment
///     troupe {
///       network = "a \"name\""   # bare words, and lists in [], need no quotes
///       max-peers = 100
///     }
///     troupe.moniker = "node"
///
/// Lines may end as on Windows, and the file may begin with the mark of UTF-8.
/// A name that is set twice is refused, like whatever else makes no sense.
/// @returns `invalid_option`, whose context says in which line and why.
result<std::vector<config_entry>> parse_config_file(std::string_view text);

} // namespace troupe::command
