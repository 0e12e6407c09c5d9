// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/samples/troupe/address_book/address_book.hpp"

namespace troupe::command {

/// What an import does to what a node remembers.
struct book_merge {
  store_changes changes = {};

  /// Addresses that the node did not know.
  size_t fresh = 0;

  /// Addresses that it did.
  size_t known = 0;

  /// Addresses of the node itself, and those beyond what is kept of a peer.
  size_t refused = 0;
};

/// Puts entries of a file to what is stored. What is stored wins: the node has
/// seen it itself. A ban that is not over comes along with a peer that is new.
book_merge merge_book(const std::vector<stored_peer>& stored,
                      const std::vector<book_entry>& entries,
                      const node_id& own, wall_time now);

/// Returns what a node remembers as entries for a file, without peers that are
/// banned or do not fit.
/// @param left_out becomes the number of those peers.
std::vector<book_entry> to_book(const std::vector<stored_peer>& stored,
                                wall_time now, size_t& left_out);

} // namespace troupe::command
