// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/http_limits.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Lets operators see and steer a node over HTTP and JSON; README.md of this
/// folder has the routes. It takes a thread of its own, and its answers come
/// from the node's actors.
///
/// A program that embeds a node has it with a line:
///
///     auto control = operator_server::at_socket(sys, node, "node.sock");
///
/// It serves until it is destroyed. That has to happen before its actor system
/// ends.
class operator_server {
public:
  /// How a server treats those who connect.
  struct options {
    http_limits limits = {};

    /// How long the node has for an answer.
    duration answer_time = std::chrono::seconds{5};

    /// Most peers whose own figures are among the metrics. 0: none.
    uint64_t metric_peers_max = 100;

    /// Says why what the node is to remember cannot be stored; empty if it can.
    /// `/health` tells it. Null: nobody looks. `watched_store` knows it.
    std::function<std::string()> store_problem = {};
  };

  /// Serves everything at a Unix socket of mode 0600: whoever can connect there
  /// can dial, disconnect and ban. One that a crash left behind is replaced.
  /// @returns `cannot_listen`, the context says why; or nothing.
  static result<operator_server> at_socket(caf::actor_system& sys,
                                           const node& where,
                                           const std::filesystem::path& path,
                                           const options& how);

  static result<operator_server> at_socket(caf::actor_system& sys,
                                           const node& where,
                                           const std::filesystem::path& path) {
    return at_socket(sys, where, path, options{});
  }

  /// Serves `/metrics` and `/health`, which change nothing, at a port of TCP; 0
  /// is a free one.
  /// @param at has an IP address, and `tcp` as its protocol.
  /// @returns `cannot_listen` or `invalid_endpoint`, the context says why.
  static result<operator_server> at_port(caf::actor_system& sys,
                                         const node& where, const endpoint& at,
                                         const options& how);

  static result<operator_server>
  at_port(caf::actor_system& sys, const node& where, const endpoint& at) {
    return at_port(sys, where, at, options{});
  }

  operator_server(operator_server&&) noexcept;

  operator_server& operator=(operator_server&&) noexcept;

  ~operator_server();

  /// The port of `at_port`, 0 otherwise.
  [[nodiscard]] uint16_t port() const noexcept;

private:
  class impl;

  explicit operator_server(std::unique_ptr<impl> inside);

  std::unique_ptr<impl> impl_;
};

} // namespace troupe
