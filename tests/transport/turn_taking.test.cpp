// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstddef>

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/actor_state.hpp"

using namespace troupe;

namespace {

using busy_actor = caf::typed_actor<caf::result<void>(caf::tick_atom)>;

/// Always has another message, until it has handled very many. Asks somebody
/// else with the first one.
template <size_t Turn>
struct busy_state {
  static inline const char* name = "test.busy";

  static constexpr size_t turn_max = Turn;

  busy_state(busy_actor::pointer ptr, caf::actor other, size_t* counter)
    : self(ptr),
      neighbour(std::move(other)),
      handled(counter) {}

  busy_actor::behavior_type make_behavior() {
    return {[this](caf::tick_atom) {
      if ((*handled)++ == 0)
        caf::anon_send(neighbour, caf::tick_atom_v);
      if (*handled < 100'000)
        self->send(self, caf::tick_atom_v);
    }};
  }

  busy_actor::pointer self;
  caf::actor neighbour;
  size_t* handled;
};

/// @returns how many messages a busy actor handles before another one has its
///          turn, where both share a thread.
template <class State>
size_t handled_before_neighbour() {
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.set("caf.scheduler.max-threads", 1);
  size_t handled = 0;
  size_t result = 0;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};
  auto neighbour
      = sys.spawn([&, to = caf::actor{self}](caf::event_based_actor* own) {
          return caf::behavior{[&, own, to](caf::tick_atom) {
            result = handled;
            own->send(to, caf::ok_atom_v);
            own->quit();
          }};
        });
  auto busy = spawn_state<State, busy_actor>(sys, neighbour, &handled);
  caf::anon_send(busy, caf::tick_atom_v);
  self->receive([](caf::ok_atom) {},
                caf::after(std::chrono::seconds{30}) >>
                    [] { FAIL("the neighbour never had a turn"); });
  return result;
}

} // namespace

TEST_CASE("an actor that always has messages lets others have their turn") {
  CHECK(handled_before_neighbour<busy_state<turn_default>>() <= turn_default);
  CHECK(handled_before_neighbour<busy_state<2>>() <= 2);
}
