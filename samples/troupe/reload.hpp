// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/start_plan.hpp"

namespace troupe::command {

/// Which options differ between two plans.
struct plan_changes {
  /// Those that a node takes while it runs.
  std::vector<std::string_view> at_once;

  /// Those that have to wait until it starts again.
  std::vector<std::string_view> later;
};

plan_changes changes_between(const start_plan& before, const start_plan& after);

/// Reads the configuration of a running node again, the command line and the
/// environment of the process with it, and gives the node what it can take.
class reloader {
public:
  /// @param plan   what the node was made of.
  /// @param out has to outlive this.
  reloader(node which, words arguments, const start_plan& plan, console& out)
    : which_(std::move(which)),
      arguments_(std::move(arguments)),
      plan_(plan),
      out_(out) {}

  /// Prints an event `reloaded`, with what `changed` and what has to wait for a
  /// `restart`; or `reload_failed` with the reason, and nothing has changed.
  /// Waits for the node's answers.
  void run(caf::actor_system& sys);

private:
  failure apply(caf::actor_system& sys, const start_plan& wanted,
                const plan_changes& changes);

  node which_;
  words arguments_;
  start_plan plan_;
  console& out_;
};

} // namespace troupe::command
