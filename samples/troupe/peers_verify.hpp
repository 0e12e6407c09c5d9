// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <caf/actor_system_config.hpp>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/address_book/address_book.hpp"

namespace troupe::command {

/// How peers are probed.
struct verify_options {
  /// The network that we claim to belong to.
  std::string network = {};

  size_t concurrency = 32;
  double rate = 50;
  duration patience = std::chrono::seconds{5};
};

/// Connects to each peer of a list, prints which of them are alive, and leaves
/// the others out of it. A peer is alive if it proves its ID, be it in another
/// network. Blocks until all is known.
/// @param json prints an object a line.
/// @returns the entries of those that are alive.
result<std::vector<book_entry>> verify(caf::actor_system_config& config,
                                       const std::vector<book_entry>& entries,
                                       const verify_options& how, bool json);

} // namespace troupe::command
