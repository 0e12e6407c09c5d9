// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_publisher.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace troupe {

void event_publisher::subscribe(const caf::actor& who) {
  if (!observers_.contains(who.address()))
    observers_.add(who, {}, lasting_);
}

void event_publisher::unsubscribe(const caf::actor_addr& who) {
  observers_.remove(who);
}

void event_publisher::publish(const node_event& event) {
  if (event.what == node_event::kind::listening)
    lasting_.push_back(event);
  observers_.publish(event);
}

} // namespace troupe
