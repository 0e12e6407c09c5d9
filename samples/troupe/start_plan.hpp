// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/peerstore/store/watched_store.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

/// What `troupe start` reads: its home, and the options with rows.
struct start_config : command_config {
  start_config();

  std::string home;
};

/// Reads the configuration file of the home, if there is one. Comes behind
/// `begin`.
failure read_home(start_config& config, const words& arguments);

/// What a node is going to be.
struct start_plan {
  node_options node;
  start_options start = {};
  std::filesystem::path ctl = {};
  std::vector<channel_id> sinks = {};

  /// The store of the node, once it is open.
  std::shared_ptr<watched_store> store = {};
};

/// Makes a plan of what is set, from wherever it comes. Opens nothing.
/// @param key of the node.
result<start_plan> read_plan(const start_config& config, node_key key);

/// Makes a plan with the key and the store of the home.
result<start_plan> make_plan(const start_config& config);

} // namespace troupe::command
