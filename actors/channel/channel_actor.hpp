// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"

namespace troupe {

/// How a reactor gets what peers send.
enum class delivery : uint8_t {
  /// Each message for itself, an `inbound_envelope`; up to the channel's
  /// `delivery_window` before the first is answered.
  one_by_one,
  /// All that is there, a `std::vector<inbound_envelope>` of up to
  /// `delivery_window` messages, for reactors that get many. One answer
  /// acknowledges all of them, and the next batch comes behind it: what a batch
  /// takes in all has to stay below the channel's `hold_max`. An error as
  /// answer is the reactor's, even a blame, as it names no peer: see
  /// `any_channel::report`.
  in_batches,
};

/// The router end of an open channel (ADR-062, "Channels"): passes on to peers
/// what its reactor has marshalled, and to the reactor what peers send, never
/// more than the channel's window ahead. Peers take turns, by bytes: one
/// that sends much waits longer, and the others do not.
///
/// It is linked to its reactor: either ends when the other does, unless the
/// reactor closes it.
using channel_actor = caf::typed_actor<
    // -- for the reactor --

    // Sends to one peer. Answered when its connection has taken the message.
    // Fails with `not_connected`, `peer_lacks_channel`, `queue_full`, or with
    // an error of CAF if the connection ends first.
    caf::result<void>(send_atom, outbound_envelope),
    // The same, in place of what waits for that peer under that key.
    caf::result<void>(send_atom, outbound_envelope, std::string),
    // Sends to all peers that have the channel. Answered when it is known what
    // became of the message for each of them.
    caf::result<broadcast_report>(broadcast_atom, message_body),
    caf::result<broadcast_report>(broadcast_atom, message_body, std::string),
    // Asks for room on the way to a peer. Answered when the next message to it
    // will be taken; fails as the first.
    caf::result<void>(writable_atom, node_id),
    // Asks one peer: a message that is a question of the descriptor's
    // `exchanges`, its kind and key as `exchange_rules` finds them, and the
    // time to answer. Answered with the answer. Fails as the first does, and
    // with `timeout`.
    caf::result<inbound_envelope>(ask_atom, outbound_envelope, uint64_t,
                                  std::string, caf::timespan),
    // Asks one peer after the other, each for that time, until one answers or
    // so many have been asked. Fails as the last of them, with `not_connected`
    // if there is none.
    caf::result<inbound_envelope>(ask_atom, message_body, uint64_t, std::string,
                                  caf::timespan, uint64_t),
    // What was not sent, and why: counted, and answered with that.
    caf::result<void>(send_atom, caf::error),
    caf::result<broadcast_report>(broadcast_atom, caf::error),
    caf::result<inbound_envelope>(ask_atom, caf::error),
    // Blames a peer, which ends its connection. An error that is no `blame` is
    // one of the reactor, as in its responses. Fails with `not_connected`.
    caf::result<void>(errored_atom, node_id, caf::error),
    // The same for a connection, whether it is still there or not.
    caf::result<void>(errored_atom, connection_ref, caf::error),
    // Ends the connection of a peer behind what was sent to it here before, for
    // which there is at most that much time. Fails with `not_connected`.
    caf::result<void>(disconnect_atom, node_id, caf::timespan),
    // Ends the channel, and not its reactor.
    caf::result<void>(caf::close_atom),

    // -- for the router and the peers --

    // Opens the way to a connected peer, through its `peer_sender_actor`. Null
    // says that the peer lacks the channel.
    caf::result<void>(add_peer_atom, connection_ref, caf::actor),
    // Answers as long as the channel and its reactor live; fails with
    // `invalid_state` when the reactor has ended and the channel is about to.
    caf::result<void>(active_atom),
    // Closes the way to a peer whose connection ended; then its questions, too.
    caf::result<void>(remove_peer_atom, connection_ref),
    // Drops what waits of a connection whose peer erred, and what still comes.
    caf::result<void>(errored_atom, connection_ref),
    // Takes messages of one connection for the reactor, at least one, with
    // their cost and the weight of the peer among those that wait there. The
    // sender gets their cost back, with `credit_atom`, when the reactor is done
    // with all of them or when they were shed; not with `overflow::drop`, where
    // nobody waits for that. Messages of one peer reach the reactor in the
    // order of its connections: what an old connection delivers behind
    // something of a new one is dropped.
    caf::result<void>(deliver_atom, std::vector<inbound_envelope>, size_t,
                      uint32_t)>;

/// Spawns a channel and registers it with the router. If the router refuses,
/// the channel ends with the reason: `duplicate_channel`, `invalid_channel`,
/// `shutting_down`.
/// @param router is held weakly.
/// @param reactor is kept alive by its channel; it holds the channel weakly.
/// @param prototype any message of the channel's type.
/// @param counters of the node.
/// @param queue_type of the node: with `fifo` peers do not take turns.
channel_actor spawn_channel(caf::actor_system& sys, const caf::actor& router,
                            const caf::actor& reactor,
                            channel_descriptor descriptor,
                            const google::protobuf::Message& prototype,
                            const metrics& counters,
                            const std::string& queue_type = "wdrr",
                            delivery how = delivery::one_by_one);

/// The same for messages of a type that need not be known here: they arrive as
/// `RawMessage`, and only `exchanges` says which of them are answers.
/// @pre the descriptor names no exchanges.
channel_actor
spawn_byte_channel(caf::actor_system& sys, const caf::actor& router,
                   const caf::actor& reactor, channel_descriptor descriptor,
                   exchange_rules exchanges, const metrics& counters,
                   const std::string& queue_type, delivery how);

} // namespace troupe
