// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/node/option_row.hpp"
#include "troupe/samples/troupe/listed_option.hpp"

namespace troupe::command {

/// What can be chosen about `troupe start` besides `node_options`.
struct start_options {
  bool pex = true;
  bool seed_mode = false;
  std::vector<std::string> sink = {};
  bool echo = false;
  bool json = false;
  std::string metrics = {};
  uint64_t metrics_peers = 100;
  std::string ctl_socket = {};
  std::string log_level = "warn";
  std::string log_format = "text";
};

/// A row each, as in `option_table` of the library.
const std::vector<option_row<start_options>>& start_option_table();

/// A node as `troupe start` makes it when nobody chooses anything. Its key is
/// none of anybody's.
node_options initial_node_options();

/// All options of `troupe start`, the node's among them, with what they are
/// initially.
std::vector<listed_option> all_start_options();

/// Returns the option that a key of a configuration file sets, whatever it
/// calls it; null if there is none.
const option_info* option_of_key(std::string_view key);

} // namespace troupe::command
