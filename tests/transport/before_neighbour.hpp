// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe::test {

/// @param spawn makes an actor, from the system, its neighbour and a counter,
///              that counts its ticks, has another one after each, and passes
///              the first one on to the neighbour.
/// @returns how many messages it handles before the neighbour has its turn,
///          where both share a thread.
template <class Spawn>
size_t handled_before_neighbour(Spawn spawn) {
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", 1);
  size_t handled = 0;
  size_t result = 0;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};
  caf::actor neighbour
      = sys.spawn([&, to = caf::actor{self}](caf::event_based_actor* own) {
          return caf::behavior{[&, own, to](caf::tick_atom) {
            result = handled;
            own->send(to, caf::ok_atom_v);
            own->quit();
          }};
        });
  auto busy = spawn(sys, neighbour, &handled);
  caf::anon_send(busy, caf::tick_atom_v);
  self->receive([](caf::ok_atom) {},
                caf::after(std::chrono::seconds{30}) >>
                    [] { FAIL("the neighbour never had a turn"); });
  return result;
}

} // namespace troupe::test
