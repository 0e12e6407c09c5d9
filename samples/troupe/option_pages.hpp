// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "troupe/samples/troupe/listed_option.hpp"

namespace troupe::command {

// All that is written about options, made of their rows.

/// A line of help, or some if the text is long: at most 80 columns.
std::string help_entry(std::string_view left, std::string_view text);

/// Help, by groups.
std::string help_of(const std::vector<listed_option>& options);

/// The reference as Markdown: a heading a group, a table each.
std::string markdown_of(const std::vector<listed_option>& options);

/// The reference for programs: an array with an object an option, whose keys
/// are `name`, `group`, `type`, `default`, `unit`, `expected`, `zero`, `help`,
/// `documentation`, `cometbft` (a list) and `at_run_time`.
std::string json_of(const std::vector<listed_option>& options);

/// The manual page troupe(1), in man's own language.
std::string man_of(const std::vector<listed_option>& options);

/// Completions for bash. Of subcommands without rows, it asks their help.
std::string bash_completion_of(const std::vector<listed_option>& options,
                               const std::vector<std::string_view>& commands);

/// What stands in a configuration file before its other lines.
struct chosen_option {
  std::string_view name;
  std::string value;
};

/// A configuration file that sets what is chosen, and has every other option
/// that can stand there as a comment, with its default.
std::string config_file_of(const std::vector<listed_option>& options,
                           const std::vector<chosen_option>& chosen);

} // namespace troupe::command
