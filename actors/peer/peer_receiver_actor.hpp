// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/channel_plan.hpp"
#include "troupe/actors/peer/decoder_actor.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/transport/connection_actor.hpp"

namespace troupe {

/// Decodes what comes from one peer, hands it to the channels and gives the
/// connection credit as they get rid of it. Large messages go through the
/// node's decoder; those of the same channel wait for them, others pass. What a
/// message takes decoded, beyond its `read_cost`, is charged to the connection
/// until the channel is done with it. Where channels share the connection's
/// window, what comes for one that keeps it waiting for longer than its
/// `hold_max` is shed and counted.
///
/// After the first message that cannot be decoded, or when it hears that the
/// peer erred otherwise, it hands over nothing more: the connection is about to
/// end, and what a remote has sent behind its mistake must not cost us
/// anything. It then gives no credit for what it drops, so that nothing more is
/// read.
using peer_receiver_actor = caf::typed_actor<
    // Gives back what a channel is done with, or has shed: the cost that it was
    // delivered with.
    caf::result<void>(credit_atom, channel_id, size_t),
    // The peer erred, and its connection ends.
    caf::result<void>(errored_atom),
    // A channel has ended, and gives nothing back any more.
    caf::result<void>(caf::close_atom, channel_id),
    // Ends the actor, behind what the connection has already handed over.
    caf::result<void>(caf::close_atom)>::extend_with<connection_reader>;

/// @param windows as `handshake_result` says.
/// @param router learns of messages that cannot be decoded; held weakly.
/// @param weight the peer's part of what a channel's reactor is given, beside
///               the parts of others; at least 1.
peer_receiver_actor
spawn_peer_receiver(caf::actor_system& sys, connection_ref peer,
                    connection_actor connection, window_scope windows,
                    const caf::actor& router, decoder_actor decoder,
                    channel_plan_ptr plan, uint32_t weight, metrics counters);

} // namespace troupe
