// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/local_actor.hpp>

#include "troupe/actors/channel/channel.hpp"
#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/entropy.hpp"

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
       resolver_factory resolver)
    : id_(id),
      router_(std::move(router)),
      random_(std::move(random)),
      resolver_(std::move(resolver)) {}

  [[nodiscard]] const node_id& id() const noexcept {
    return id_;
  }

  /// The actor behind the node: endpoints, addresses, events.
  [[nodiscard]] const router_actor& router() const noexcept {
    return router_;
  }

  /// Opens a channel for messages of type `T`, with `reactor` at its end. If
  /// `T` is a wrapper, a message with one `oneof` of messages and nothing else,
  /// the reactor deals with its members only.
  ///
  /// Returns at once. If the channel cannot be opened, it ends with the reason
  /// (`duplicate_channel`, `invalid_channel`, `shutting_down`), and `reactor`
  /// with it, since they are linked.
  template <class T>
  channel open_channel(caf::local_actor* reactor,
                       channel_descriptor descriptor) const {
    return channel{spawn_channel(reactor->system(),
                                 caf::actor_cast<caf::actor>(router_),
                                 caf::actor_cast<caf::actor>(reactor),
                                 std::move(descriptor), T::default_instance())};
  }

  /// Sends every `peer_update` to `subscriber`: first the *up* of all peers
  /// that are up, then what happens, in order.
  void subscribe(caf::local_actor* subscriber) const;

  /// Sends every `node_event` to `subscriber`.
  void observe(caf::local_actor* subscriber) const;

  /// Tells the node of an address to dial.
  void add_peer(const node_address& address) const;

  /// Ends the connection of a peer behind what is queued for it, for which
  /// there is at most `linger`. See `channel::disconnect` for a reactor that
  /// has just sent something.
  void disconnect(const node_id& peer,
                  caf::timespan linger = std::chrono::seconds{5}) const;

  /// Ends the node and everything that belongs to it, channels and so their
  /// reactors included. Returns at once; `router()` ends last.
  void stop() const;

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
  node_id id_;
  router_actor router_;
  std::shared_ptr<entropy> random_;
  resolver_factory resolver_;
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
