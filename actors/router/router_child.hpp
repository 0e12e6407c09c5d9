// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "troupe/actors/router/children.hpp"
#include "troupe/actors/router/join_flow.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// What an actor is to the router that watches over it.
struct router_child {
  enum class kind : uint8_t {
    // Without these the node cannot go on, or not as its operator expects:
    // without its store it would forget whom it had banned.
    peer_manager,
    peer_store,
    resolver,
    peer_filter,
    decoder,
    transport,
    port_mapping,
    // One an attempt.
    dialer,
    candidate, ///< A connection that is nobody's yet.
    // One or more a peer.
    connection,
    carrier, ///< Sends or receives.
    channel,
  };

  kind what;
  join_id attempt = 0;       ///< Of a dialer and a candidate.
  connection_ref which = {}; ///< Of a connection and its carriers.
  channel_id channel = 0;    ///< Of a channel.

  /// Names one without which the node cannot go on; empty for others.
  [[nodiscard]] std::string_view vital_part() const {
    switch (what) {
      case kind::peer_manager:
        return "peer_manager";
      case kind::peer_store:
        return "peer_store";
      case kind::resolver:
        return "resolver";
      case kind::peer_filter:
        return "peer_filter";
      case kind::decoder:
        return "decoder";
      case kind::transport:
        return "transport";
      default:
        return {};
    }
  }

  /// The manager ends behind the last reports, and its store behind that.
  [[nodiscard]] bool ends_last() const {
    return what == kind::peer_manager || what == kind::peer_store;
  }

  [[nodiscard]] bool is_connection() const {
    return what == kind::connection || what == kind::candidate;
  }

  /// Whether it has to be there for as long as there are connections: a
  /// transport may have to send their last words.
  [[nodiscard]] bool outlives_connections() const {
    return ends_last() || what == kind::channel || what == kind::carrier
           || what == kind::transport;
  }
};

using router_children = children<router_actor::pointer, router_child>;

} // namespace troupe
