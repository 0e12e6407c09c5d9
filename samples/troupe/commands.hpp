// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The `troupe` command, a subcommand a file.
namespace troupe::command {

using words = std::vector<std::string>;

/// Exit statuses.
inline constexpr int success = 0;
inline constexpr int failed = 1;
inline constexpr int bad_usage = 2;

/// Each runs a subcommand with the words behind its name and returns the exit
/// status.
int run_init(const words& arguments);
int run_show_node_id(const words& arguments);
int run_ctl(const words& arguments);
int run_start(const words& arguments);
int run_probe(const words& arguments);
int run_peers(const words& arguments);
int run_crawl(const words& arguments);
int run_demo(const words& arguments);
int run_options(const words& arguments);
int run_top(const words& arguments);
int run_monitor(const words& arguments);

/// The names of all subcommands.
std::vector<std::string_view> subcommand_names();

/// Prints one line to standard error and returns `status`.
int complain(int status, std::string_view what);

} // namespace troupe::command
