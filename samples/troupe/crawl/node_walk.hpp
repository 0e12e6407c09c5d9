// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/samples/troupe/crawl/crawl_frontier.hpp"
#include "troupe/samples/troupe/crawl/crawl_map.hpp"
#include "troupe/samples/troupe/crawl/crawl_progress.hpp"

namespace troupe::command {

/// Where a walk may go.
enum class walk_scope : uint8_t {
  /// To what everybody can reach, and to those private networks and loopback
  /// addresses that it begins at: see `address_scope`.
  as_begun,
  /// To all addresses: the operator has named them all.
  everywhere,
};

/// What a walk begins with.
struct walk_options {
  /// Nodes of others do not connect.
  std::string network = {};

  std::vector<node_address> begin = {};

  walk_scope scope = walk_scope::as_begun;

  crawl_manners manners = {};
  crawl_bounds bounds = {};

  /// Hears several times a second how far it is, on the thread that called
  /// `run`. May be absent.
  std::function<void(const crawl_progress&)> on_progress = {};
};

/// What a walk found.
struct walk_outcome {
  crawl_map map = {};

  /// Whether all was done that there was to do.
  bool complete = true;
};

/// Walks over nodes of a network, through a node of its own that listens
/// nowhere and keeps nobody: what `crawl` and `peers --verify` are about.
class node_walk {
public:
  node_walk(caf::actor_system& sys, walk_options how);

  node_walk(const node_walk&) = delete;

  node_walk& operator=(const node_walk&) = delete;

  ~node_walk();

  /// Blocks until it is done, or stopped.
  /// @returns why it could not even begin, if so.
  result<walk_outcome> run();

  /// Ends it with what it has found. May come from any thread, at any time.
  void stop();

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace troupe::command
