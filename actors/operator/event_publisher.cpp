// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_publisher.hpp"

#include <utility>

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

void event_publisher::shed(const node_event& report) {
  shed_.add({report.channel, report.way, report.reason}, report.count);
  publish_shed();
}

void event_publisher::publish_shed() {
  for (auto& x : shed_.take(self_->system().clock().now()))
    publish({.what = node_event::kind::messages_shed,
             .channel = x.what.channel,
             .reason = std::move(x.what.reason),
             .way = x.what.way,
             .count = x.messages});
  if (auto when = shed_.next_wakeup())
    shed_due_.set(self_, *when, [this] { publish_shed(); });
}

} // namespace troupe
