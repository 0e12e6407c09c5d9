// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/transport/mconn/keepalive_options.hpp"
#include "troupe/transport/mconn/packet_payload.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// Tunables of an established connection.
struct mconn_stream_options {
  /// Most data bytes of a packet that we send. CometBFT accepts 1024.
  size_t send_payload_max = default_packet_payload;

  /// Most data bytes of a packet that we accept. Tendermint 0.35 sends 1400.
  size_t recv_payload_max = 1400;

  /// Most bytes a second that we send; absent means unlimited. The default is
  /// CometBFT's.
  std::optional<uint64_t> send_rate = 5'120'000;

  /// Most bytes a second that we read. A frame counts as a quarter of a full
  /// one at least, however little is in it: it costs us as much to open.
  std::optional<uint64_t> recv_rate = 5'120'000;

  /// The same for all connections of the node together, besides: whoever wants
  /// more than its share waits, and nobody else does (`shared_rate`).
  std::optional<uint64_t> node_send_rate = {};
  std::optional<uint64_t> node_recv_rate = {};

  keepalive_options keepalive = {};

  receive_limits receive = {};
};

} // namespace troupe
