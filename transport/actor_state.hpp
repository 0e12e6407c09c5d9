// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <caf/config.hpp>
#include <caf/resumable.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// Most messages that an actor handles in one turn. CAF lets an actor go on for
/// as long as it has messages: one that is fed as quickly as it works would
/// keep a thread, and whoever waits for that thread, for as long as its peer
/// likes. A state whose messages are much work has fewer, as its `turn_max`.
inline constexpr size_t turn_default = 32;

/// A stateful actor that lets others have their turn.
template <class State, class Base>
class turn_taking_actor : public caf::stateful_actor<State, Base> {
public:
  using super = caf::stateful_actor<State, Base>;

  using super::super;

  caf::resumable::resume_result resume(actor_host* where,
                                       size_t most) override {
    return super::resume(where, std::min(most, turn()));
  }

private:
  static constexpr size_t turn() {
    if constexpr (requires { State::turn_max; })
      return State::turn_max;
    else
      return turn_default;
  }
};

/// Spawns an actor from a state class with the members `make_behavior` and
/// `name`, constructed from a pointer to its actor and `xs`. `Spawner` is an
/// actor system or an actor; `Handle` is the actor's handle type.
template <class State, class Handle,
          caf::spawn_options Os = caf::no_spawn_options, class Spawner,
          class... Ts>
Handle spawn_state(Spawner& spawner, Ts&&... xs) {
  using impl = turn_taking_actor<State, typename Handle::impl>;
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
