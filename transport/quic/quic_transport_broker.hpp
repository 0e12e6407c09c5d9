// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>

#include <caf/actor_system.hpp>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// Spawns the transport over UDP: `troupe/1` over QUIC, and the protocol of
/// CometBFT's libp2p nodes, as `quic_protocols` says; protocol `quic`. Requires
/// CAF's I/O module.
///
/// It makes its certificate when it first listens or dials, which fails with
/// `invalid_key` if GnuTLS does not take that.
///
/// Strangers whom `options.lists` or `options.limits` refuse hear nothing, and
/// no actor starts. Those beyond `options.max_accepted`, and those who come
/// faster than `accept_loop` lets in, wait (`quic_backlog`). When many have not
/// shown that they are where they say they are, others have to, before they
/// cost anything (`quic_door`). Of `options`, what is about MConnection's
/// packets does not count.
/// @param clock says when certificates have to be valid.
/// @param lp2p_peers who may speak libp2p's protocol.
transport_actor spawn_quic_transport(
    caf::actor_system& sys, std::shared_ptr<const mconn_options> options,
    std::shared_ptr<const wall_clock> clock, std::set<node_id> lp2p_peers = {});

} // namespace troupe
