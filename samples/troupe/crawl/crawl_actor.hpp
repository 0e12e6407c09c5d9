// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/crawl/crawl_frontier.hpp"

namespace troupe::command {

/// Hears of a crawl, on a thread of the actor system.
struct crawl_watch {
  /// Several times a second.
  std::function<void(const crawl_frontier&)> progress = {};

  /// Once, when all is done or the crawl was told to stop; the actor ends right
  /// after.
  std::function<void(crawl_frontier)> finished = {};
};

/// Crawls a network through a node that dials nobody by itself: dials, asks
/// whoever connects whom it knows, and hangs up. It opens the channel of peer
/// exchange. A `caf::close_atom` stops it with what it has found.
caf::actor spawn_crawl(caf::actor_system& sys, const node& through,
                       crawl_frontier begin, crawl_watch watch);

} // namespace troupe::command
