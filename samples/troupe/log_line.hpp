// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "troupe/actors/operator/event_words.hpp"

namespace troupe::command {

/// How the lines of a program look.
struct log_style {
  /// JSON, or text for humans.
  bool json = false;

  /// The name of the node, which stands in each line of the log. May be empty.
  std::string node = {};
};

/// Reads what the library writes to its log, `event=KIND key=value key="..."`,
/// so that it can be printed like an event: with `level` and `node` before its
/// own fields. What is nothing of the kind becomes the `text` of a `message`.
event_words parse_log_line(std::string_view level, std::string_view node,
                           std::string_view line);

} // namespace troupe::command
