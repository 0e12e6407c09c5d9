// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <caf/actor_addr.hpp>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/qos/qos_options.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/channel_map.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/wrapper.hpp"

namespace troupe {

/// Where the messages of a channel go that come from peers.
struct inbound_route {
  caf::actor_addr channel; // A `channel_actor`, held weakly.
  std::shared_ptr<const wrapper> codec;
  duration hold_max = channel_descriptor{}.hold_max;
  overflow on_full = overflow::wait;
  /// Whether what comes together goes to the channel together.
  bool together = true;
  size_t window = channel_descriptor{}.recv_window_bytes;
  traffic_counters counters = {};
};

/// How the messages of a channel wait that go to a peer.
struct outbound_route {
  qos_flow_options limits = {};
  traffic_counters counters = {};
};

/// What there is to know of the channels of a connection. All connections that
/// were made with the same channels share it, whichever of them their peers
/// have: a node has thousands.
struct channel_plan {
  channel_map<inbound_route> inbound = {};
  channel_map<outbound_route> outbound = {};
};

/// Never null.
using channel_plan_ptr = std::shared_ptr<const channel_plan>;

} // namespace troupe
