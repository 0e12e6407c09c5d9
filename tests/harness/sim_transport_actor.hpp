// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/messages/node_id.hpp"
#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/memory/memory_options.hpp"
#include "troupe/transport/tcp/accept_loop.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::testing {

/// Spawns the TCP transport of a simulated host: protocols `mconn` and `tcp`,
/// with the handshake, the encryption and the packets of the real one, over
/// simulated byte streams; who is accepted, and when, is decided by the same
/// code. Keys and limits come from `options` as they do there; so do ephemeral
/// keys, and `options.random` has to be a simulation's.
///
/// It listens at the address of its host, whichever of it, `0.0.0.0` or `::` it
/// is told, and answers with the former. See `spawn_sim_stream` for why the
/// network is shared.
transport_actor
spawn_sim_transport(caf::actor_system& sys,
                    std::shared_ptr<sim_network> network, sim_host host,
                    std::shared_ptr<const mconn_options> options);

/// Spawns the transport of a simulated host in message mode: the messages of a
/// connection travel as they are, which costs a fraction of what handshakes,
/// encryption and packets do, and makes networks of a thousand nodes possible.
/// Everything below is the same: addresses, links, faults, limits and windows.
///
/// Speaks `mconn` and `tcp` at IP addresses, so that a node is none the wiser,
/// and `memory` with the ID of a node as path, which leads to the host whose
/// transport has listened as that node. The ID of a node is claimed, not
/// proven.
/// @param accepting whom it accepts, as the TCP transport does.
/// @param on_refused told the reason whenever a connection is turned away.
transport_actor
spawn_sim_message_transport(caf::actor_system& sys,
                            std::shared_ptr<sim_network> network, sim_host host,
                            const node_id& own, accept_options accepting = {},
                            std::function<void(errc)> on_refused = {},
                            const memory_options& options = {});

} // namespace troupe::testing
