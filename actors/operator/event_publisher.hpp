// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/qos/shed_tally.hpp"
#include "troupe/actors/qos/subscribers.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

/// The part of the router that tells observers what happens.
class event_publisher {
public:
  explicit event_publisher(router_actor::pointer self)
    : self_(self),
      observers_(self) {}

  /// Sends to `who` where the node listens already, and all that is published
  /// from now on. Watches over `who`. Does nothing if it observes already.
  void subscribe(const caf::actor& who);

  /// Forgets an observer that ended.
  void unsubscribe(const caf::actor_addr& who);

  void publish(const node_event& event);

  /// Publishes that messages were shed, every ten seconds at most for each
  /// channel, way and reason.
  /// @param report has those, and how many.
  void shed(const node_event& report);

private:
  void publish_shed();

  router_actor::pointer self_;
  subscribers<node_event, router_actor::pointer> observers_;
  /// Events that also concern those who come later.
  std::vector<node_event> lasting_;
  shed_tally shed_{std::chrono::seconds{10}};
  alarm shed_due_;
};

} // namespace troupe
