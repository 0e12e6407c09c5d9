// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/channel_plan.hpp"
#include "troupe/actors/qos/qos_options.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/connection_actor.hpp"

namespace troupe {

/// Passes on what goes to one peer, as its connection takes it. Until then
/// messages wait in the actor's mailbox (`qos_mailbox`), by channel, and go in
/// the order of the node's QoS policy. A channel is bounded in messages and in
/// bytes; what does not fit is refused and counted.
///
/// The connection has messages up to a cost of `connection_window`, of which
/// one channel takes half at most, however long a message; and a small part of
/// the window is always open to each channel, unless all go in the order of
/// arrival. That is enough to keep the network busy, and little that can no
/// longer be overtaken.
///
/// It takes messages from the beginning, but passes none on before it has
/// started the connection, which would refuse them.
using peer_sender_actor = caf::typed_actor<
    // Starts the connection with these channels, which hands what arrives to
    // the given actor. Comes once.
    caf::result<void>(start_atom, std::vector<channel_descriptor>, caf::actor),
    // Takes a message for the peer. Answered when it goes to the connection.
    // Fails with `queue_full` if there is no room, with `peer_lacks_channel` if
    // the peer does not have the channel, with `not_connected` once it is
    // closing.
    caf::result<void>(send_atom, outbound_envelope),
    // The same, in place of what waits under that key, if it is not empty.
    caf::result<void>(send_atom, outbound_envelope, std::string),
    // Asks for room. Answered once no message of the channel waits, so that
    // the next one will be taken; the connection has enough to go on with.
    // Fails as above, and with `queue_full` if too many ask.
    caf::result<void>(writable_atom, channel_id),
    // What was sent so far, and shed, by channel.
    caf::result<peer_traffic>(caf::get_atom, report_atom),
    // Takes no more messages, and ends the connection behind those it has: see
    // the message of the same shape of `connection_actor`.
    caf::result<void>(caf::close_atom,
                      caf::timespan)>::extend_with<connection_writer>;

/// @param router hears of what is shed.
/// @param shared the channels of the plan that the peer has, too.
/// @param options the node's policy.
peer_sender_actor
spawn_peer_sender(caf::actor_system& sys, connection_actor connection,
                  const caf::actor& router, const channel_plan_ptr& plan,
                  const channel_set& shared, const qos_options& options,
                  metrics counters);

} // namespace troupe
