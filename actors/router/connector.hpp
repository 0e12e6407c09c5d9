// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_filter_actor.hpp"
#include "troupe/actors/peer/peer_manager_actor.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/router/dialer_actor.hpp"
#include "troupe/actors/router/join_flow.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/actors/router/router_child.hpp"
#include "troupe/actors/router/switchboard.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// The part of the router that makes connections: asks whom `join_flow` says,
/// tells it the answers, and hands to the switchboard who was admitted.
class connector {
public:
  /// All references have to outlive the connector.
  connector(router_actor::pointer self, const node_options& options,
            metrics counters, router_children& children, event_log& lines,
            event_publisher& events, switchboard& switchboard);

  /// The actors that a connector works with.
  struct helpers {
    peer_manager_actor manager;
    resolver_actor resolver;
    /// Null: there is nothing to filter.
    peer_filter_actor filter;
    /// By protocol.
    std::map<std::string, transport_actor> transports;
  };

  /// Starts to dial.
  void start(helpers with);

  /// Tells the peer manager what we are, when it may have changed. Nothing
  /// happens before the start, which does it by itself.
  void introduce();

  /// Starts to accept from a transport that listens.
  void accept_from(const transport_actor& transport);

  /// Says where others reach us, over TCP or over QUIC as its protocol is.
  void set_public_endpoint(const endpoint& where) {
    (where.protocol == quic_protocol ? public_quic_ : public_tcp_) = where;
  }

  /// Says where we listen: no name that a peer told may lead there.
  void set_own_endpoints(std::vector<endpoint> where) {
    own_endpoints_ = std::move(where);
  }

  /// The connection of an attempt ended.
  void ended(join_id id) {
    flow_.ended(id);
  }

  /// Starts nothing new from now on.
  void stop() {
    flow_.stop();
  }

private:
  using channel_list = std::vector<channel_descriptor>;

  /// What an attempt has got so far.
  struct means {
    dialer_actor dialer = {};
    connection_actor connection = {};
    node_info info = {};
    window_scope windows = window_scope::connection;
  };

  void dial_next();
  void wait_next();
  void arrived(const connection_actor& connection);
  void take_in(const connection_actor& connection, const connection_ends& ends);

  void begin(join_start what);
  void go_on(join_id id, const join_next& next, const caf::error& reason = {});
  void take(join_id id, join_step step);

  void reach_for(join_id id);
  void reach_for(join_id id, const std::optional<name_limits>& limits);
  void reached(join_id id, const node_address& where);
  void check_endpoint(join_id id);
  void greet(join_id id);
  void check_id(join_id id);
  void ask_for_admission(join_id id);
  void admitted(join_id id, const admission& verdict);
  void failed(join_id id, const caf::error& reason);
  void expire();

  void finish(const join_end& end, const caf::error& reason);
  void report(const join_attempt& who, const caf::error& reason);
  [[nodiscard]] node_info own_info(const channel_list& open,
                                   std::string_view protocol = {}) const;
  [[nodiscard]] time_point now() const;

  router_actor::pointer self_;
  const node_options& options_;
  router_children& children_;
  event_log& lines_;
  event_publisher& events_;
  switchboard& switchboard_;
  metrics counters_;

  helpers with_;
  std::optional<endpoint> public_tcp_;
  std::optional<endpoint> public_quic_;
  std::vector<endpoint> own_endpoints_;
  join_flow flow_;
  std::map<join_id, means> means_;
  alarm deadline_;
};

} // namespace troupe
