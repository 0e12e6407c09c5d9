// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/remote/node_gate_actor.hpp"
#include "troupe/messages/result.hpp"

// How reactors of other processes, on this machine or another one, come by a
// node. Both actor systems have CAF's I/O module loaded.
//
// CAF's protocol trusts whoever can connect: a stranger who reaches the port
// can send anything to any actor of the process, and one packet of 32 bytes can
// end a process with CAF 0.18. So publish on a loopback address, or let CAF's
// OpenSSL module check the certificates of both sides, as `samples/remote`
// does:
//
//     caf::openssl::publish(spawn_node_gate(sys, home), port);
//     auto gate = caf::openssl::remote_actor<node_gate_actor>(sys, host, port);
//     auto home = enter_node(sys, *gate);

namespace troupe {

/// Lets whoever can connect to `port` of `address` use a node, in clear text,
/// for as long as the node runs.
/// @param port 0 for any that is free.
/// @param address of this machine; null for all of them.
/// @returns the port, or `cannot_listen`.
result<uint16_t> publish_node(caf::actor_system& sys, const node& home,
                              uint16_t port = 0,
                              const char* address = "127.0.0.1");

/// Connects to a node of another process. Blocks until that has happened, so
/// that an actor must not call it.
/// @returns the node, which does what the original does, though what it counts
///          is what happens here; or `connection_refused` or `timeout`.
result<node> connect_node(caf::actor_system& sys, const std::string& host,
                          uint16_t port);

/// The same for a gate that was found in another way.
result<node> enter_node(caf::actor_system& sys, const node_gate_actor& gate);

} // namespace troupe
