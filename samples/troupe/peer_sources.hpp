// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/samples/troupe/known_peers.hpp"

namespace troupe::command {

/// Asks the node at a socket for its peers; nothing if none runs there.
result<std::vector<live_peer>>
ask_for_peers(const std::filesystem::path& socket, wall_time now);

/// Reads what a node remembers, whether it runs or not; nothing if it never
/// ran.
result<store_contents> read_store(const std::filesystem::path& file);

} // namespace troupe::command
