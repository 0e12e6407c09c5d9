// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/crawl/crawl_frontier.hpp"

namespace troupe::command {

/// How far a crawl is.
struct crawl_progress {
  size_t known = 0;
  size_t settled = 0;
  size_t answered = 0;
  size_t busy = 0;
};

/// Counts how far a crawl is.
crawl_progress progress_of(const crawl_frontier& frontier);

/// Returns a bar for a terminal with so many columns, at least 40: what is
/// known so far grows while it is crawled.
std::string progress_line(const crawl_progress& so_far, duration elapsed,
                          size_t columns);

} // namespace troupe::command
