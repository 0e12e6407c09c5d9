// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/wall_clock.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/quic/quic_credentials.hpp"
#include "troupe/transport/quic/quic_line.hpp"
#include "troupe/transport/quic/quic_protocols.hpp"
#include "troupe/transport/quic/quic_talk.hpp"

namespace troupe {

/// What all connections of a QUIC transport share.
struct quic_shared {
  /// Of these, what is about MConnection's packets does not count.
  std::shared_ptr<const mconn_options> node;

  /// What is spoken, and with whom.
  std::shared_ptr<const quic_protocols> protocols;

  /// What we present. Null as long as there are no connections.
  std::shared_ptr<const quic_credentials> identity;

  /// Says at which time certificates have to be valid. Used by several threads.
  std::shared_ptr<const wall_clock> clock;
};

/// What connections say to their port: the broker that owns their socket.
using quic_port_actor = caf::typed_actor<
    // There is something on the line of the connection of this number.
    caf::result<void>(send_atom, uint64_t),
    // Something of the remote's has arrived for the first time.
    caf::result<void>(active_atom, uint64_t)>;

/// How a connection and its port know each other.
///
/// The port sends `received_atom` when there are datagrams on the line, and
/// `written_atom` when there is room on it. What is on the line when the
/// connection has finished is to be sent, too: that it has ended may be known
/// before, as CAF 1.x tells others of an actor's end while its state is there.
struct quic_attachment {
  /// The connection keeps it alive, and ends with it.
  quic_port_actor port;

  uint64_t number = 0;
  std::shared_ptr<quic_line> line;
  connection_ends ends;

  /// Where the node listens, if it does, or else our end.
  endpoint home = {};
};

/// Spawns a connection over QUIC, all on CAF's worker threads: TLS, packets,
/// streams, and the protocol that both sides agree on.
///
/// Inbound, it holds what its `receive_limits` allow, a
/// `connection_read_window` for each channel among it, and the datagrams that
/// its line has; outbound what `send_window.hpp` allows, what was sent and is
/// not acknowledged
/// (`quic_options::in_flight_max`), and what its line has.
/// @param arrival absent: we dial.
connection_actor spawn_quic_connection(caf::actor_system& sys,
                                       quic_shared shared,
                                       quic_attachment attached,
                                       std::optional<quic_arrival> arrival);

} // namespace troupe
