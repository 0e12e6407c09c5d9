// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

/// Takes what a connection received. The `read_cost` of what is handed over
/// counts against the read window until it is given back with the connection's
/// `credit_atom`.
using connection_reader = caf::typed_actor< //
    caf::result<void>(inbound_batch),
    // Learns how many messages on channels that are not open were dropped.
    caf::result<void>(skipped_atom, std::vector<channel_tally>)>;

/// Learns the `message_cost` of what went from `send_atom` onto the wire.
using connection_writer = caf::typed_actor< //
    caf::result<void>(sent_atom, std::vector<channel_credit>)>;

/// One connection of a transport (ADR-062, "Connections"). It is quiet until
/// `handshake_atom`, and it passes no messages until `start_atom`.
///
/// A connection ends with the reason as its exit reason, and exactly once;
/// watch it with `monitor`. It ends when whoever asked for the handshake ends.
using connection_actor = caf::typed_actor<
    // Exchanges keys and node infos and checks what the remote says
    // (`verify_peer`). The node ID is the one we expect, null if we do not know
    // whom we talk to. Once; a second call fails with `invalid_state`. Fails
    // with the code that says what the remote did wrong, `timeout` among them;
    // the connection then ends.
    caf::result<handshake_result>(handshake_atom, node_info, node_id,
                                  caf::timespan),
    // Starts passing messages of these channels, with a `connection_reader` and
    // a `connection_writer`. Both are held weakly, so that they may hold the
    // connection. Fails with `invalid_state` before the handshake and when
    // started.
    caf::result<void>(start_atom, std::vector<channel_descriptor>, caf::actor,
                      caf::actor),
    // Queues messages. What was not reported as sent is no more than
    // `send_window.hpp` allows. Fails with `unknown_channel` and sends none of
    // the others behind it.
    caf::result<void>(send_atom, outbound_batch),
    // Gives read window back, and memory: the reader has room for more messages
    // of these channels, of that `read_cost`, and is done with messages of the
    // other one. Which channel it is matters where each has a window of its own
    // (`handshake_result::windows`).
    caf::result<void>(credit_atom, std::vector<channel_credit>, size_t),
    // Takes both: what the reader was handed of these channels takes that much
    // more memory there than it cost, once decoded. It comes back with
    // `credit_atom`.
    caf::result<void>(charge_atom, std::vector<channel_credit>),
    // Asks the remote for a sign of life, at once and whatever the keepalive
    // says. Answered when anything at all has arrived since; at once while we
    // do not read, for then we could not hear it. Without an answer the remote
    // may be gone. Fails with `invalid_state` before `start_atom`.
    caf::result<void>(caf::ping_atom),
    // Answered as soon as anything at all has arrived.
    caf::result<void>(active_atom),
    // Ends the connection with `connection_closed`, and what is queued with it.
    caf::result<void>(caf::close_atom),
    // Ends the connection with `hung_up` once the remote has all that is queued
    // and has gone itself, or after that time. What still arrives is dropped.
    caf::result<void>(caf::close_atom, caf::timespan),
    // The two ends of the connection.
    caf::result<connection_ends>(caf::get_atom),
    // What was received so far, by channel, and how long the remote takes to
    // answer, if the protocol tells: the connection may ask it again, for the
    // next time.
    caf::result<peer_traffic>(caf::get_atom, report_atom)>;

} // namespace troupe
