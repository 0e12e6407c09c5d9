// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/qos/shed_tally.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

/// Lets an actor tell the router what its queues shed, no more often than once
/// a second for each kind.
///
/// @tparam Pointer points to the actor, whose state holds this.
template <class Pointer>
class shed_report {
public:
  static constexpr duration pause = std::chrono::seconds{1};

  shed_report(Pointer self, caf::actor_addr router)
    : self_(self),
      router_(std::move(router)),
      tally_(pause) {}

  void add(const shed_kind& what, uint64_t messages = 1) {
    tally_.add(what, messages);
    tell();
  }

private:
  void tell() {
    for (auto& x : tally_.take(self_->system().clock().now()))
      if (auto to = caf::actor_cast<router_actor>(router_))
        caf::anon_send(to, caf::publish_atom_v,
                       node_event{.what = node_event::kind::messages_shed,
                                  .channel = x.what.channel,
                                  .reason = std::move(x.what.reason),
                                  .way = x.what.way,
                                  .count = x.messages});
    if (auto when = tally_.next_wakeup())
      due_.set(self_, *when, [this] { tell(); });
  }

  Pointer self_;
  caf::actor_addr router_;
  shed_tally tally_;
  alarm due_;
};

} // namespace troupe
