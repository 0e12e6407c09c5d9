// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <caf/actor_system.hpp>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/mapping/gateway_actor.hpp"

namespace troupe::testing {

/// A simulated gateway to the internet, as those behind it see it.
struct sim_gateway {
  /// To which protocols it answers.
  std::set<std::string> speaks = {"natpmp", "upnp"};

  /// Where the world sees it.
  ip_address ip = ip_address::v4(1, 2, 3, 4);

  /// How much higher its ports are than ours.
  uint16_t offset = 0;

  /// The longest time for which it gives a port.
  duration lease_max = std::chrono::hours{2};

  // -- what happened ----------------------------------------------------------

  /// The ports of TCP that it has given, by ours.
  std::map<uint16_t, uint16_t> ports = {};

  /// Those of UDP.
  std::map<uint16_t, uint16_t> udp_ports = {};

  /// How often it was asked for one, whether or not it answered.
  size_t questions = 0;
};

/// Spawns what a node has in the place of `spawn_gateway`: for
/// `node_options::gateway`.
gateway_actor spawn_sim_gateway(caf::actor_system& sys,
                                std::shared_ptr<sim_gateway> which);

} // namespace troupe::testing
