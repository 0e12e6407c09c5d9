// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"

namespace troupe {

/// What an operator may ask of a running node, and nothing else: the router
/// offers the same to actors of its process. Published through CAF's middleman
/// it steers a node from another process. CAF asks nobody who he is, so publish
/// it only where everybody may do all of this.
///
/// All fail with `shutting_down` once the node is gone.
using control_actor = caf::typed_actor<
    // The endpoints the node listens at.
    caf::result<std::vector<endpoint>>(caf::get_atom),
    // Describes at most that many peers, connected ones first, and says why
    // each is or is not connected.
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
    // How many connections there may be. A change fails with `invalid_option`;
    // where there are too many then, the worst ones end.
    caf::result<connection_limits>(caf::get_atom, limits_atom),
    caf::result<void>(limits_atom, connection_limits),
    // What strangers may have of the node, by where they come from. A change
    // fails with `invalid_option`; connections that are there stay.
    caf::result<inbound_limits>(caf::get_atom, limits_atom, accept_atom),
    caf::result<void>(limits_atom, inbound_limits)>;

/// Spawns the way to steer a node. It ends with the node.
control_actor spawn_control(caf::actor_system& sys, const node& where);

} // namespace troupe
