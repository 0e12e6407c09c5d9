// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>

namespace troupe {

/// Links a channel to its reactor, and keeps the reactor until it was told that
/// the channel has ended. An actor loses its state before its links are told,
/// and a reactor that nobody else refers to would go with that, without a word:
/// whoever spawns reactors mostly drops their handles.
template <class Self>
void link_to_reactor(Self* self, const caf::actor& reactor) {
  self->link_to(reactor);
  // What is attached goes once all of it was called.
  self->attach_functor([reactor] { static_cast<void>(reactor); });
}

} // namespace troupe
