// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

class node;

/// Lets reactors of other processes use a node. It spawns, in the node's
/// process, what stands for them there, so that the death of a process leaves
/// nothing behind. What it does not have, they ask the `router_actor`.
///
/// Ends with the node; channels of other processes end with it.
using node_gate_actor = caf::typed_actor<
    // Answers the node's ID and its `router_actor`.
    caf::result<node_id, caf::actor>(caf::get_atom),
    // Opens a channel for a `remote_channel_actor`, or gives it back one whose
    // reactor's process has died. Answers the `channel_keeper_actor` and the
    // `channel_actor`. If the channel cannot be opened, the former ends with
    // the reason. Fails with `duplicate_channel` if it has a reactor already.
    caf::result<caf::actor, caf::actor>(open_channel_atom, remote_channel,
                                        caf::actor),
    // As the router has them. The subscriber may be anywhere.
    caf::result<void>(caf::subscribe_atom, caf::actor),
    caf::result<void>(caf::subscribe_atom, caf::update_atom, caf::actor),
    caf::result<void>(caf::subscribe_atom, report_atom, caf::actor),
    caf::result<void>(caf::unsubscribe_atom, caf::update_atom, caf::actor)>;

/// Spawns a gate to a node, to be published: see `publish_node`.
node_gate_actor spawn_node_gate(caf::actor_system& sys, const node& home);

} // namespace troupe
