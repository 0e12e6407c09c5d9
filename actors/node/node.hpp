// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/local_actor.hpp>

#include "troupe/actors/channel/channel.hpp"
#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/remote/node_gate_actor.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_behaviour.hpp"

namespace troupe {

/// A running node, as its users hold it: a small value to copy around.
///
/// The node lives until `stop`, or until it cannot go on; watch `router()` with
/// `monitor` to learn why. Dropping all copies does not end it.
class node {
public:
  node() = default;

  /// Makes the resolver of a node.
  using resolver_factory = std::function<resolver_actor(caf::actor_system&)>;

  node(const node_id& id, router_actor router, std::shared_ptr<entropy> random,
       resolver_factory resolver, std::string queue_type, metrics counters)
    : id_(id),
      router_(std::move(router)),
      random_(std::move(random)),
      resolver_(std::move(resolver)),
      queue_type_(std::move(queue_type)),
      counters_(std::move(counters)) {}

  /// A node of another process, for reactors in `sys`: see `connect_node`.
  node(caf::actor_system& sys, const node_id& id, router_actor router,
       node_gate_actor gate);

  [[nodiscard]] const node_id& id() const noexcept {
    return id_;
  }

  /// The actor behind the node, to `monitor` and for what is not here.
  [[nodiscard]] const router_actor& router() const noexcept {
    return router_;
  }

  /// Opens a channel for messages of type `T`, with `reactor` at its end. If
  /// `T` is a wrapper, the reactor deals with its members only: see `channel`.
  ///
  /// Returns at once. If the channel cannot be opened, it ends with the reason
  /// (`duplicate_channel`, `invalid_channel`, `shutting_down`), and `reactor`
  /// with it, since they are linked. The channel of a node in another process
  /// also ends with that, and the reason is `node_lost`.
  template <class T>
  channel<T> open_channel(caf::local_actor* reactor,
                          const channel_descriptor& descriptor,
                          delivery how = delivery::one_by_one) const {
    return {open(reactor, descriptor, T::default_instance(), how), descriptor};
  }

  // -- peers ------------------------------------------------------------------

  // What returns nothing is done as soon as possible, and nobody hears if it
  // fails. What takes `self`, the pointer to an actor, asks: the result is a
  // response, as that of `request` is, for `then` or `receive`:
  //
  //     home.peers(self).then([](const std::vector<peer_report>& all) { ... });

  /// Sends every *up* and *down* to `subscriber`, as `peer_update`: first the
  /// *up* of all peers that are up, then what happens, in order. Again, and it
  /// begins anew.
  void subscribe(caf::local_actor* subscriber) const;

  /// The same, with *good*, *bad* and *banned*.
  void subscribe_to_all(caf::local_actor* subscriber) const;

  /// Sends it no further updates. What is on its way still arrives.
  void unsubscribe(caf::local_actor* subscriber) const;

  /// Asks for the *up* of all peers that are up, `std::vector<peer_update>`. A
  /// subscriber gets no update from before the answer after it.
  template <class Self>
  auto snapshot(Self&& self) const {
    return self->request(router_, caf::infinite, caf::get_atom_v,
                         caf::update_atom_v);
  }

  /// Asks for a description of at most that many peers,
  /// `std::vector<peer_report>`: connected ones first, why each is or is not
  /// connected, who it says it is and what went between us. The first answer
  /// about a connection has no round-trip time yet: it makes us measure.
  template <class Self>
  auto peers(Self&& self, uint64_t most = UINT64_MAX) const {
    return self->request(router_, caf::infinite, list_atom_v, most);
  }

  /// Tells the node of an address to dial.
  void add_peer(const node_address& address) const;

  /// Tells the node of addresses that the peer `source` told us, and asks how
  /// many are new, `uint64_t`. Those that break a rule are skipped: they are
  /// not the caller's fault, and not always the peer's.
  template <class Self>
  auto add_peers(Self&& self, std::vector<node_address> addresses,
                 const node_id& source) const {
    return self->request(router_, caf::infinite, caf::add_atom_v,
                         std::move(addresses), source);
  }

  /// Asks for at most that many addresses to tell a peer about,
  /// `std::vector<node_address>`, our own first if it is known.
  template <class Self>
  auto advertise(Self&& self, const node_id& peer, uint64_t most) const {
    return self->request(router_, caf::infinite, advertise_atom_v, peer, most);
  }

  /// Asks how full the memory for peers is, `double`, from 0 to 1. When it is
  /// full, new peers make others be forgotten: no reason to look for more.
  template <class Self>
  auto fullness(Self&& self) const {
    return self->request(router_, caf::infinite, caf::get_atom_v,
                         caf::add_atom_v);
  }

  /// Dials a peer as the next one, whatever its backoff; at any address that is
  /// known if this one has no protocol.
  void dial(const node_address& address) const;

  /// The same, and asks for the outcome: nothing once the peer is to be dialed,
  /// or `self_connection`, `banned`, `filtered`, `already_connected`,
  /// `invalid_address`, `unknown_peer`.
  template <class Self>
  auto dial(Self&& self, const node_address& address) const {
    return self->request(router_, caf::infinite, dial_atom_v, address);
  }

  /// Says what a peer did, good or bad: whom to dial and keep follows from it.
  /// What is fatal ends the connection.
  void report(const node_id& peer, peer_behaviour what) const;

  /// Ends the connection of a peer behind what is queued for it, for which
  /// there is at most `linger`. See `channel::disconnect` for a reactor that
  /// has just sent something.
  void disconnect(const node_id& peer,
                  caf::timespan linger = std::chrono::seconds{5}) const;

  /// Keeps a peer out for a time above zero, with a reason for humans.
  void ban(const node_id& peer, caf::timespan how_long,
           std::string reason) const;

  /// Ends a ban.
  void unban(const node_id& peer) const;

  /// Forgets a peer and its addresses, unless it is connected or stands in the
  /// configuration.
  void forget(const node_id& peer) const;

  // -- the node ---------------------------------------------------------------

  /// Sends every `node_event` to `subscriber`.
  void observe(caf::local_actor* subscriber) const;

  /// Asks where the node listens, `std::vector<endpoint>`. Answered once it
  /// does.
  template <class Self>
  auto endpoints(Self&& self) const {
    return self->request(router_, caf::infinite, caf::get_atom_v);
  }

  /// Ends the node and everything that belongs to it, channels and so their
  /// reactors included. Returns at once; `router()` ends last.
  void stop() const;

  /// What the node counts, in CAF's metric registry.
  [[nodiscard]] metrics counters() const {
    return counters_;
  }

  /// The option of that name.
  [[nodiscard]] const std::string& queue_type() const noexcept {
    return queue_type_;
  }

  // -- seams ------------------------------------------------------------------

  // A reactor that takes random numbers and addresses from here, and the time
  // from its own clock and `delayed_send`, can be simulated as the node can.

  /// Where the node, and whoever runs beside it, draws random numbers; safe to
  /// use from any thread, as long as a copy of the node lives.
  /// @pre not default-constructed.
  [[nodiscard]] entropy& random() const noexcept {
    return *random_;
  }

  /// Spawns a resolver of host names of the kind that the node itself uses. It
  /// belongs to who spawned it.
  [[nodiscard]] resolver_actor spawn_resolver(caf::actor_system& sys) const;

private:
  [[nodiscard]] channel_actor open(caf::local_actor* reactor,
                                   const channel_descriptor& descriptor,
                                   const google::protobuf::Message& prototype,
                                   delivery how) const;

  template <class... Ts>
  void tell_subscriptions(Ts... xs) const;

  node_id id_;
  router_actor router_;
  node_gate_actor gate_; // Null in the process of the node.
  std::shared_ptr<entropy> random_;
  resolver_factory resolver_;
  std::string queue_type_;
  metrics counters_;
};

/// Starts a node in `sys`. It listens and dials as soon as
/// `options.channels_expected` channels are open.
///
/// Options that make no sense end the node at once, with an error that names
/// the option, in the log as well; call `validate(options)` first to learn it
/// earlier. So do addresses of the form `mconn://` if `sys` lacks CAF's I/O
/// module.
/// @throws std::logic_error if the program forgot
///         `caf::init_global_meta_objects<caf::id_block::troupe>()`, without
///         which no message of ours can be sent.
node spawn_node(caf::actor_system& sys, node_options options);

} // namespace troupe
