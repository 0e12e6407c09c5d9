// SPDX-License-Identifier: Apache-2.0
#include <cstddef>

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "before_neighbour.hpp"
#include "troupe/transport/actor_state.hpp"

using namespace troupe;
using namespace troupe::test;

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

template <size_t Turn>
size_t handled_in_turn() {
  return handled_before_neighbour(
      [](caf::actor_system& sys, const caf::actor& neighbour, size_t* handled) {
        return spawn_state<busy_state<Turn>, busy_actor>(sys, neighbour,
                                                         handled);
      });
}

} // namespace

TEST_CASE("an actor that always has messages lets others have their turn") {
  CHECK(handled_in_turn<turn_default>() <= turn_default);
  CHECK(handled_in_turn<2>() <= 2);
}
