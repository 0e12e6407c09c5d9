// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/messages/channel_descriptor.hpp"

namespace troupe {

/// Most bytes of memory that messages of a node can take, whatever remotes send
/// and however its reactors and the network keep up. Beside them there is what
/// the program, CAF, the peer store and idle connections (a few dozen KiB each)
/// take, and what the heap keeps of what is free.
struct memory_bound {
  /// What remotes sent: arriving in part, being decoded, waiting for reactors.
  size_t inbound = 0;

  /// What reactors sent: on the way to peers that do not take it. A broadcast
  /// counts once for each peer here, and its body is there once.
  size_t outbound = 0;
};

/// Computes it. See transport/README.md, "Memory for what arrives", and
/// actors/README.md for the other way.
/// @param channels    that are open.
/// @param connections most at once; of `max_connected`,
/// `max_connected_upgrade`,
///                    `max_visitors` and the unconditional peers the sum.
/// @param workers     of CAF's scheduler.
memory_bound memory_bound_of(const node_options& options,
                             const std::vector<channel_descriptor>& channels,
                             size_t connections, size_t workers);

} // namespace troupe
