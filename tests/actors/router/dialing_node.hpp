// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// A node that dials all of `peers` once it runs, and its reactor.
struct dialing_node {
  dialing_node(world& w, std::vector<uint8_t> peers)
    : dialing_node(w, w.options(1, std::move(peers))) {}

  dialing_node(world& w, node_options options)
    : where(w.spawn(std::move(options))),
      state(w.open(where)) {}

  node where;
  recorder_ptr state;
};

} // namespace troupe::test
