// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_publisher.hpp"

#include <algorithm>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

void event_publisher::subscribe(const caf::actor& who) {
  if (std::find(observers_.begin(), observers_.end(), who) != observers_.end())
    return;
  self_->monitor(who);
  observers_.push_back(who);
  for (const auto& event : lasting_)
    caf::anon_send(who, event);
}

void event_publisher::unsubscribe(const caf::actor_addr& who) {
  std::erase_if(observers_,
                [&who](const auto& x) { return x.address() == who; });
}

void event_publisher::publish(const node_event& event) {
  if (event.what == node_event::kind::listening)
    lasting_.push_back(event);
  for (const auto& who : observers_)
    caf::anon_send(who, event);
}

} // namespace troupe
