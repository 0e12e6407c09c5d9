// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/control_actor.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

struct control_state {
  static inline const char* name = "troupe.control";

  control_state(control_actor::pointer ptr, const node& where)
    : self(ptr),
      router(where.router()) {}

  control_actor::behavior_type make_behavior() {
    self->set_down_handler(
        [this](const caf::down_msg& msg) { self->quit(msg.reason); });
    self->monitor(router);
    return {
        [this](caf::get_atom what) { return self->delegate(router, what); },
        [this](list_atom what, uint64_t most) {
          return self->delegate(router, what, most);
        },
        [this](dial_atom what, const node_address& to) {
          return self->delegate(router, what, to);
        },
        [this](disconnect_atom what, const node_id& id) {
          return self->delegate(router, what, id);
        },
        [this](ban_atom what, const node_id& id, caf::timespan how_long,
               std::string& reason) {
          return self->delegate(router, what, id, how_long, std::move(reason));
        },
        [this](unban_atom what, const node_id& id) {
          return self->delegate(router, what, id);
        },
        [this](caf::get_atom what, limits_atom of) {
          return self->delegate(router, what, of);
        },
        [this](limits_atom what, const connection_limits& limits) {
          return self->delegate(router, what, limits);
        },
        [this](caf::get_atom what, limits_atom of, accept_atom whose) {
          return self->delegate(router, what, of, whose);
        },
        [this](limits_atom what, const inbound_limits& limits) {
          return self->delegate(router, what, limits);
        },
    };
  }

  control_actor::pointer self;
  router_actor router;
};

} // namespace

control_actor spawn_control(caf::actor_system& sys, const node& where) {
  return spawn_state<control_state, control_actor>(sys, where);
}

} // namespace troupe
