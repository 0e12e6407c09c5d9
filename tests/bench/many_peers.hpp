// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"

namespace troupe::bench {

/// How many peers a node knows here.
inline constexpr uint32_t many_peers = 100'000;

/// When the peers of `peer_of` were last seen.
inline constexpr auto some_time
    = wall_time{std::chrono::seconds{1'900'000'000}};

/// Ends the program.
[[noreturn]] void fail(const failure& why);

/// IDs of consecutive numbers are scattered like hashes.
node_id id_of(uint32_t number);

/// A peer as a node knows most: two addresses, a history.
stored_peer peer_of(uint32_t number);

/// Memory that is allocated now, in bytes.
double allocated();

} // namespace troupe::bench
