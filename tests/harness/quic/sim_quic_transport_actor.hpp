// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>

#include <caf/actor_system.hpp>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::testing {

/// Whether this build has QUIC.
bool has_sim_quic();

/// Spawns the QUIC transport of a simulated host: all of the real one but for
/// the sockets, whose datagrams go through a simulated network, and TLS, in
/// whose place is `make_sim_credentials`. So `options.random` has to be a
/// simulation's.
/// @param clock, lp2p_peers as of `spawn_quic_transport`.
/// @pre `has_sim_quic()`
transport_actor spawn_sim_quic_transport(
    caf::actor_system& sys, std::shared_ptr<sim_network> network, sim_host host,
    std::shared_ptr<const mconn_options> options,
    std::shared_ptr<const wall_clock> clock, std::set<node_id> lp2p_peers = {});

} // namespace troupe::testing
