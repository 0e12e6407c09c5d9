// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <caf/action.hpp>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

namespace troupe::testing {

/// Lets an actor do something in its own time, if `whose` is still there by
/// then: networks call in the middle of their own work.
inline void in_own_time(caf::scheduled_actor* self,
                        const std::shared_ptr<void>& whose,
                        std::function<void()> what) {
  caf::anon_send(caf::actor_cast<caf::actor>(self),
                 caf::make_action([alive = std::weak_ptr<void>{whose},
                                   what = std::move(what)] {
                   if (!alive.expired())
                     what();
                 }));
}

} // namespace troupe::testing
