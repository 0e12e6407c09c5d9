// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/node.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace troupe {

void node::subscribe(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::subscribe_atom_v, caf::update_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::observe(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::subscribe_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::add_peer(const node_address& address) const {
  caf::anon_send(router_, caf::add_atom_v, address);
}

void node::stop() const {
  caf::anon_send_exit(router_, caf::exit_reason::user_shutdown);
}

resolver_actor node::spawn_resolver(caf::actor_system& sys) const {
  return resolver_(sys);
}

node spawn_node(caf::actor_system& sys, node_options options) {
  if (!options.random)
    options.random = std::make_shared<system_entropy>();
  auto id = options.key.id();
  auto random = options.random;
  auto resolver = options.resolver;
  if (!resolver)
    resolver = troupe::spawn_resolver;
  return {id, spawn_router(sys, std::move(options)), std::move(random),
          std::move(resolver)};
}

} // namespace troupe
