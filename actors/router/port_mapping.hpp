// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/peer/peer_manager_actor.hpp"
#include "troupe/actors/router/connector.hpp"
#include "troupe/actors/router/port_mapping_actor.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/actors/router/router_child.hpp"

namespace troupe {

/// The part of the router that lets the world find us where a gateway to the
/// internet is in between: others are told the place that it has for us.
class port_mapping {
public:
  /// All references have to outlive it.
  port_mapping(router_actor::pointer self, const node_options& options,
               router_children& children, event_log& lines,
               event_publisher& events, connector& connector)
    : self_(self),
      options_(options),
      children_(children),
      lines_(lines),
      events_(events),
      connector_(connector) {}

  /// Asks for ports, if the options say so, that lead to the first of these
  /// endpoints over TCP, and over QUIC, to which one can.
  void start(const peer_manager_actor& manager,
             const std::vector<endpoint>& listening);

private:
  void keep(const endpoint& ours);
  void ask_where(const port_mapping_actor& keeper);

  router_actor::pointer self_;
  const node_options& options_;
  router_children& children_;
  event_log& lines_;
  event_publisher& events_;
  connector& connector_;
  peer_manager_actor manager_;
};

} // namespace troupe
