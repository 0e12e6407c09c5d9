// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/node.hpp"

#include <stdexcept>
#include <utility>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/type_id.hpp>

#include "troupe/actors/remote/remote_channel_actor.hpp"

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

node::node(caf::actor_system& sys, const node_id& id, router_actor router,
           node_gate_actor gate)
  : id_(id),
    router_(std::move(router)),
    gate_(std::move(gate)),
    random_(std::make_shared<system_entropy>()),
    resolver_([](caf::actor_system& on) { return troupe::spawn_resolver(on); }),
    counters_(sys, id) {
  require_type_ids();
}

channel_actor node::open(caf::local_actor* reactor,
                         const channel_descriptor& descriptor,
                         const google::protobuf::Message& prototype,
                         delivery how) const {
  const auto router = caf::actor_cast<caf::actor>(router_);
  const auto owner = caf::actor_cast<caf::actor>(reactor);
  if (gate_)
    return spawn_remote_channel(reactor->system(), gate_, router, owner,
                                descriptor, prototype, counters_, how);
  return spawn_channel(reactor->system(), router, owner, descriptor, prototype,
                       counters_, queue_type_, how);
}

/// A gate watches over subscribers of other processes.
template <class... Ts>
void node::tell_subscriptions(Ts... xs) const {
  if (gate_)
    caf::anon_send(gate_, std::move(xs)...);
  else
    caf::anon_send(router_, std::move(xs)...);
}

void node::subscribe(caf::local_actor* subscriber) const {
  tell_subscriptions(caf::subscribe_atom_v, caf::update_atom_v,
                     caf::actor_cast<caf::actor>(subscriber));
}

void node::subscribe_to_all(caf::local_actor* subscriber) const {
  tell_subscriptions(caf::subscribe_atom_v, report_atom_v,
                     caf::actor_cast<caf::actor>(subscriber));
}

void node::unsubscribe(caf::local_actor* subscriber) const {
  tell_subscriptions(caf::unsubscribe_atom_v, caf::update_atom_v,
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

void node::forget(const node_id& peer) const {
  caf::anon_send(router_, forget_atom_v, peer);
}

void node::observe(caf::local_actor* subscriber) const {
  tell_subscriptions(caf::subscribe_atom_v,
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
  auto counters = metrics{sys, id, options.metrics_namespace};
  return {id,
          spawn_router(sys, std::move(options), counters),
          std::move(random),
          std::move(resolver),
          std::move(queue_type),
          counters};
}

} // namespace troupe
