// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/node/node_options.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"

namespace troupe {

/// The center of a node (ADR-062, "Routers"): dials, accepts and evicts as the
/// peer manager decides, and knows the peers and the channels. Messages do not
/// pass through it; it introduces channels and peers to each other.
///
/// It ends with `user_shutdown` when it is told to, and with the reason when
/// the node cannot work: `invalid_option`, `invalid_address`, `cannot_listen`.
/// By then everything it had started has ended.
using router_actor = caf::typed_actor<
    // -- for users --

    // The endpoints the node listens at. Answered once it listens; fails with
    // `shutting_down`.
    caf::result<std::vector<endpoint>>(caf::get_atom),
    // Learns an address to dial. Answers whether it is new.
    caf::result<bool>(caf::add_atom, node_address),
    // Learns addresses that a peer told. Answers how many are new; those that
    // break a rule are none.
    caf::result<uint64_t>(caf::add_atom, std::vector<node_address>, node_id),
    // Chooses at most that many addresses to tell a peer about.
    caf::result<std::vector<node_address>>(advertise_atom, node_id, uint64_t),
    // How full the memory for peers is, from 0 to 1.
    caf::result<double>(caf::get_atom, caf::add_atom),
    // Sends every `node_event` to an actor until it ends. Those of listening
    // come first, if the node already does.
    caf::result<void>(caf::subscribe_atom, caf::actor),
    // Sends every *up* and *down* to an actor, or with `report_atom` every
    // `peer_update`: see `peer_manager_actor`, and there for the next two.
    caf::result<void>(caf::subscribe_atom, caf::update_atom, caf::actor),
    caf::result<void>(caf::subscribe_atom, report_atom, caf::actor),
    caf::result<void>(caf::unsubscribe_atom, caf::update_atom, caf::actor),
    caf::result<std::vector<peer_update>>(caf::get_atom, caf::update_atom),
    // Notes what a peer did. Fails with `unknown_peer`.
    caf::result<void>(report_atom, node_id, peer_behaviour),
    // Ends the connection of a peer behind what is queued for it, for which
    // there is at most that much time. What channels have yet to pass on is not
    // queued: a reactor tells its channel instead. Fails with `not_connected`.
    caf::result<void>(disconnect_atom, node_id, caf::timespan),

    // -- for operators: see `operator_server` --

    // Describes at most that many peers, connected ones first, says why each is
    // or is not connected, and what went between us. Answered within a second
    // or so.
    caf::result<std::vector<peer_report>>(list_atom, uint64_t),
    // Dials a peer as the next one, whatever its backoff; at any address that
    // is known if this one has no protocol. Fails with `self_connection`,
    // `banned`, `filtered`, `already_connected`, `invalid_address` or
    // `unknown_peer`.
    caf::result<void>(dial_atom, node_address),
    // Ends the connection to a peer. Fails with `not_connected`.
    caf::result<void>(disconnect_atom, node_id),
    // Keeps a peer out for a time, with a reason that `list_atom` tells. Fails
    // with `invalid_option` if the time makes no sense.
    caf::result<void>(ban_atom, node_id, caf::timespan, std::string),
    // Ends a ban. Fails with `unknown_peer`.
    caf::result<void>(unban_atom, node_id),
    // Forgets a peer that is not connected. Fails with `unknown_peer`,
    // `already_connected`, or `invalid_state` if the configuration names it.
    caf::result<void>(forget_atom, node_id),
    // How many connections there may be. A change fails with `invalid_option`;
    // where there are too many then, the worst ones end.
    caf::result<connection_limits>(caf::get_atom, limits_atom),
    caf::result<void>(limits_atom, connection_limits),
    // What strangers may have of the node, by where they come from. A change
    // fails with `invalid_option`; connections that are there stay.
    caf::result<inbound_limits>(caf::get_atom, limits_atom, accept_atom),
    caf::result<void>(limits_atom, inbound_limits),

    // -- for channels and receivers --

    // Opens a channel for the sender, a `channel_actor`, and messages of the
    // type of the payload. Fails with `duplicate_channel`, `invalid_channel` or
    // `shutting_down`.
    caf::result<void>(open_channel_atom, channel_descriptor, payload),
    // Reports that a peer misbehaved on a connection, which ends.
    caf::result<void>(errored_atom, connection_ref, peer_error),
    // Reports that a peer sends on a channel that is not open here.
    caf::result<void>(skipped_atom, connection_ref, channel_id),
    // Reports a *messages_shed*.
    caf::result<void>(caf::publish_atom, node_event)>;

/// Spawns a node with options that name a source of random numbers;
/// `spawn_node` is the way for users.
router_actor spawn_router(caf::actor_system& sys, node_options options,
                          const metrics& counters);

} // namespace troupe
