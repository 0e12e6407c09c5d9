// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/peer_manager.hpp"
#include "troupe/peerstore/peer_manager_inspect.hpp"

namespace troupe {

/// A mailbox in front of the `peer_manager`: the only authority on whom to
/// dial, accept, keep and evict. Requests are answered in the order of arrival,
/// except for those that wait for something to happen.
using peer_manager_actor = caf::typed_actor<
    // Learns an address. Answers whether it is new; fails with
    // `invalid_address`.
    caf::result<bool>(caf::add_atom, node_address),
    // Asks for an address to dial. Answered once there is one. The asker owes
    // `dialed_atom` or `dial_failed_atom` for it.
    caf::result<node_address>(dial_next_atom),
    // Reports a failed dial. Fails with `unknown_peer`.
    caf::result<void>(dial_failed_atom, node_address),
    // Reports a connection to the dialed peer. Fails with `self_connection`,
    // `unknown_peer`, `already_connected` or `too_many_peers`; the router then
    // closes the connection.
    caf::result<admission>(dialed_atom, node_address),
    // Reports a peer that dialed us. Fails like `dialed_atom`.
    caf::result<admission>(accepted_atom, node_id),
    // Announces a peer as up: messages reach it from now on. Fails with
    // `not_connected`, `invalid_state`, or with the reason for an eviction that
    // was decided meanwhile.
    caf::result<void>(ready_atom, connection_ref, peer_info),
    // Reports that a connection misbehaved. Fails with `not_connected`.
    caf::result<void>(errored_atom, connection_ref, caf::error),
    // Asks for a connection to close. Answered once there is one.
    caf::result<eviction>(evict_next_atom),
    // Reports the end of a connection. Fails with `not_connected`.
    caf::result<void>(disconnected_atom, connection_ref, caf::error),
    // Sends the *up* of all peers that are up to an actor, then every peer
    // update in order, until the actor ends or unsubscribes.
    caf::result<void>(caf::subscribe_atom, caf::actor),
    caf::result<void>(caf::unsubscribe_atom, caf::actor),
    // Ends the actor, behind what was sent before.
    caf::result<void>(caf::close_atom)>;

/// Looks at a peer manager; must not keep the reference.
using peer_manager_watch = std::function<void(const peer_manager&)>;

/// @param random has to be used by nobody else.
/// @param watch is called after every operation, for tests. May be null.
peer_manager_actor spawn_peer_manager(caf::actor_system& sys, peer_manager core,
                                      std::shared_ptr<entropy> random,
                                      peer_manager_watch watch = {});

} // namespace troupe
