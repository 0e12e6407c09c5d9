// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_table.hpp"

namespace troupe {

/// Chooses addresses to tell a peer about: at random, the better ones more
/// often. Not those of the asker, and of nobody who is private, blocked, banned
/// or does not fit.
std::vector<node_address> choose_to_tell(const peer_table& peers,
                                         const node_id& asker, size_t limit,
                                         time_point now, entropy& random);

} // namespace troupe
