// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <caf/actor_system.hpp>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"
#include "troupe/transport/admission/ip_filter.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/inbound_budget.hpp"
#include "troupe/transport/mconn/byte_stream.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"
#include "troupe/transport/mconn/shared_rate.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe {

/// What all connections of a TCP transport share.
struct mconn_options {
  /// Our identity.
  node_key key;

  /// Where ephemeral keys come from. Shared by all connections, which run on
  /// several threads: `fill` has to be thread-safe.
  std::shared_ptr<entropy> random;

  mconn_stream_options stream;

  /// The node's memory for what arrives. Null: each connection has
  /// `stream.receive.node_memory` for itself.
  std::shared_ptr<inbound_budget> budget = {};

  /// What all connections of the node may send and receive together; of
  /// `stream`, only the rates of one connection count here.
  node_rates rates = {};

  /// Most accepted connections alive at once.
  size_t max_accepted = 256;

  /// Whom we accept, as far as the IP address tells.
  inbound_limits limits = {};
  ip_filter lists = {};

  /// Told the reason whenever a connection is turned away because of these, on
  /// the I/O thread. Null: nobody is told.
  std::function<void(errc)> on_refused = {};

  /// Which remotes pass the handshake.
  acceptance accepted = acceptance::compatible;
};

/// Spawns a connection over a byte stream, which it takes over: handshake,
/// sealing, packets, keepalive and rate limits, all on CAF's worker threads.
///
/// It buffers at most what its `receive_limits` allow and the messages of two
/// reads of `read_size_max` inbound, and outbound what `send_window.hpp` allows
/// and two bursts.
connection_actor
spawn_mconn_connection(caf::actor_system& sys, byte_stream stream,
                       connection_ends ends,
                       std::shared_ptr<const mconn_options> options);

} // namespace troupe
