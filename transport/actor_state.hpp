// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <caf/config.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>

namespace troupe {

/// Spawns an actor from a state class with the members `make_behavior` and
/// `name`, constructed from a pointer to its actor and `xs`. `Spawner` is an
/// actor system or an actor; `Handle` is the actor's handle type.
template <class State, class Handle,
          caf::spawn_options Os = caf::no_spawn_options, class Spawner,
          class... Ts>
Handle spawn_state(Spawner& spawner, Ts&&... xs) {
  using impl = caf::stateful_actor<State, typename Handle::impl>;
  return spawner.template spawn<impl, Os>(std::forward<Ts>(xs)...);
}

/// The state of a stateful actor: a member in CAF 0.18, a function in 1.x. (Not
/// by `CAF_VERSION`, which in 1.1 is an octal number by accident.)
template <class Actor>
auto& state_of(Actor* self) {
#if CAF_MAJOR_VERSION >= 1
  return self->state();
#else
  return self->state;
#endif
}

} // namespace troupe
