// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/node.hpp"

#include <stdexcept>
#include <utility>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/type_id.hpp>

namespace troupe {

namespace {

/// Without them, CAF crashes at the first message, and an error of ours cannot
/// even be printed.
void require_type_ids() {
  using block = caf::id_block::troupe;
  for (auto id = block::begin; id < block::end; ++id)
    if (caf::query_type_name(id).empty())
      throw std::logic_error{
          "troupe::spawn_node: the type IDs of Troupe are not registered; call "
          "caf::init_global_meta_objects<caf::id_block::troupe>() before the "
          "actor system is made"};
}

} // namespace

void node::subscribe(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::subscribe_atom_v, caf::update_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::subscribe_to_all(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::subscribe_atom_v, report_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::unsubscribe(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::unsubscribe_atom_v, caf::update_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::add_peer(const node_address& address) const {
  caf::anon_send(router_, caf::add_atom_v, address);
}

void node::dial(const node_address& address) const {
  caf::anon_send(router_, dial_atom_v, address);
}

void node::report(const node_id& peer, peer_behaviour what) const {
  caf::anon_send(router_, report_atom_v, peer, what);
}

void node::disconnect(const node_id& peer, caf::timespan linger) const {
  caf::anon_send(router_, disconnect_atom_v, peer, linger);
}

void node::ban(const node_id& peer, caf::timespan how_long,
               std::string reason) const {
  caf::anon_send(router_, ban_atom_v, peer, how_long, std::move(reason));
}

void node::unban(const node_id& peer) const {
  caf::anon_send(router_, unban_atom_v, peer);
}

void node::observe(caf::local_actor* subscriber) const {
  caf::anon_send(router_, caf::subscribe_atom_v,
                 caf::actor_cast<caf::actor>(subscriber));
}

void node::stop() const {
  caf::anon_send_exit(router_, caf::exit_reason::user_shutdown);
}

resolver_actor node::spawn_resolver(caf::actor_system& sys) const {
  return resolver_(sys);
}

node spawn_node(caf::actor_system& sys, node_options options) {
  require_type_ids();
  if (!options.random)
    options.random = std::make_shared<system_entropy>();
  auto id = options.key.id();
  auto random = options.random;
  auto resolver = options.resolver;
  if (!resolver)
    resolver = [](caf::actor_system& on) { return spawn_resolver(on); };
  auto queue_type = options.queue_type;
  return {id, spawn_router(sys, std::move(options)), std::move(random),
          std::move(resolver), std::move(queue_type)};
}

} // namespace troupe
