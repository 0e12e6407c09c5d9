// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

struct mconn_options;

/// A transport that a node has besides its own: see "Writing a transport" in
/// transport/README.md.
struct added_transport {
  /// What a node tells those who make a transport for it: its key, its limits
  /// and the memory that all of its connections share.
  using node_part = std::shared_ptr<const mconn_options>;

  /// Selects it in addresses, in lower case: `unix` for `unix:ID` and
  /// `unix://ID@HOST:PORT`. Several names mean the same.
  std::vector<std::string> protocols = {};

  /// Makes it, once, when the node begins to work. It ends with the node.
  std::function<transport_actor(caf::actor_system&, const node_part&)> make
      = {};

  /// Where the node listens with it. The node's `listen` may name one of the
  /// protocols instead, if it has an IP address.
  std::optional<endpoint> listen = {};

  /// Takes the place of the built-in transports of these names, of which there
  /// has to be one. Otherwise there must be none.
  bool replaces_built_in = false;

  /// Whether it answers to that name.
  [[nodiscard]] bool speaks(std::string_view protocol) const;
};

/// Whether every node can have a transport of that name: `mconn`, `tcp`,
/// `quic`, `memory`.
bool is_built_in(std::string_view protocol);

/// Checks that every name has one meaning.
/// @returns `invalid_option`; the context names the transport, and what was
///          expected.
failure validate(const std::vector<added_transport>& transports);

} // namespace troupe
