// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::command {

inline constexpr channel_id echo_channel = 0x70;

/// Longest ping that is answered, in bytes. Ours hold a number.
inline constexpr size_t ping_size_max = 1024;

/// Called from the reactor's thread: the peer has answered a ping.
using pong_handler = std::function<void(const node_id& peer, duration rtt)>;

/// Spawns a reactor on the echo channel. It answers the pings of all peers and
/// sends each of them a ping of its own, at once and then every `interval`.
caf::actor spawn_pinger(caf::actor_system& sys, const node& where,
                        duration interval, pong_handler on_pong);

} // namespace troupe::command
