// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <google/protobuf/message.h>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/remote/node_gate_actor.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// The channel of a node in another process, as its reactor sees it: a
/// `channel_actor` for all that reactors do. It decodes what arrives, with the
/// limits that messages have anywhere, and passes on the rest. What the reactor
/// sends and has not reached the node yet is bounded as it is in the node,
/// by `send_total_bytes` and `send_total_messages`.
///
/// Ends with its reactor, and its reactor with it: with `node_lost` if the
/// node's process dies or cannot be reached, otherwise with the reason that the
/// channel has.
using remote_channel_actor = channel_actor::extend<
    // Messages of peers, under a number: the `channel_keeper_actor` gets it
    // back, with `finish_atom`, when the reactor is done with them.
    caf::result<void>(deliver_atom, uint64_t, inbound_envelope),
    caf::result<void>(deliver_atom, uint64_t, std::vector<inbound_envelope>),
    // The channel has ended, with that reason.
    caf::result<void>(caf::close_atom, caf::error)>;

/// Spawns the near end of a channel and has the gate open it.
/// @param router of the node, for what is shed here.
/// @param reactor is linked to it.
/// @param prototype any message of the channel's type.
/// @param counters of this process.
channel_actor spawn_remote_channel(caf::actor_system& sys,
                                   const node_gate_actor& gate,
                                   const caf::actor& router,
                                   const caf::actor& reactor,
                                   const channel_descriptor& descriptor,
                                   const google::protobuf::Message& prototype,
                                   const metrics& counters, delivery how);

} // namespace troupe
