// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/http_desk.hpp"
#include "troupe/actors/operator/operator_request.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/wall_clock.hpp"

namespace troupe {

/// Answers what operators ask a node over HTTP: reads requests, asks the node,
/// and puts answers on a desk. Ends with the node.
using operator_actor = caf::typed_actor<
    // Number, method, target (path and query) and body of a request.
    caf::result<void>(uint64_t, std::string, std::string, std::string)>;

/// What an operator's actor shows, and how long it takes.
struct operator_options {
  operator_surface surface = operator_surface::read_only;

  /// How long the node has for an answer.
  duration answer_time = std::chrono::seconds{5};

  /// A stream carries an empty line that often, so that who is gone is noticed.
  /// Below `http_limits::stream_time`.
  duration heartbeat = std::chrono::seconds{10};

  /// Most peers whose own figures are among the metrics.
  uint64_t peers_max = 100;

  /// Says why what the node is to remember cannot be stored; empty if it can.
  /// Null: nobody looks.
  std::function<std::string()> store_problem = {};

  /// Where the time in events comes from; the system's if empty.
  std::shared_ptr<wall_clock> clock = {};
};

/// Spawns the actor that answers for `where`, with what it puts on `desk`.
operator_actor spawn_operator(caf::actor_system& sys, const node& where,
                              std::shared_ptr<http_desk> desk,
                              operator_options options);

} // namespace troupe
