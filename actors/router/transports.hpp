// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// Returns what the connections of a TCP transport need to know of a node's
/// options. Those that are turned away are counted.
std::shared_ptr<mconn_options>
make_mconn_options(const node_options& options,
                   const parsed_addresses& addresses, const metrics& counters);

/// Checks that somebody here speaks the protocols of these addresses, and can.
/// @returns `invalid_option`; the context names the option, and what to do. Or
///          `broken_cryptography`.
failure check_transports(caf::actor_system& sys, const node_options& options,
                         const parsed_addresses& addresses);

/// Spawns the transports of a node, by protocol: those that the options add,
/// TCP and QUIC if CAF's I/O module is loaded, and memory if there is a
/// network.
/// @returns `invalid_option` if an added one was not made.
result<std::map<std::string, transport_actor>>
spawn_transports(caf::actor_system& sys, const node_options& options,
                 const parsed_addresses& addresses, const metrics& counters);

/// Returns where a node with these options listens.
std::vector<endpoint> listen_endpoints(caf::actor_system& sys,
                                       const node_options& options,
                                       const parsed_addresses& addresses);

/// Returns which endpoint to tell others: of those over that, the first of
/// those that are reached from farthest away.
std::optional<endpoint> most_public_of(const std::vector<endpoint>& listening,
                                       ip_carrier over = ip_carrier::tcp);

/// Returns to which endpoint a gateway can lead the world: the first over that
/// and IPv4 that is not this machine's alone.
std::optional<endpoint> endpoint_to_map(const std::vector<endpoint>& listening,
                                        ip_carrier over = ip_carrier::tcp);

} // namespace troupe
