// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// Nodes that all know each other and echo.
struct mesh : world {
  explicit mesh(uint8_t count, uint64_t seed = 0) : world(seed) {
    for (uint8_t i = 1; i <= count; ++i) {
      std::vector<uint8_t> others;
      for (uint8_t j = 1; j <= count; ++j)
        if (i != j)
          others.push_back(j);
      auto [where, state] = echo_node(options(i, others));
      nodes.push_back(where);
      reactors.push_back(state);
    }
    advance(10s);
    for (uint8_t i = 0; i < count; ++i)
      for (uint8_t j = 0; j < count; ++j)
        REQUIRE(reactors[i]->sees(nodes[j].id()) == (i != j));
  }

  void forget() {
    for (auto& state : reactors)
      state->got.clear();
  }

  std::vector<node> nodes;
  std::vector<recorder_ptr> reactors;
};

} // namespace troupe::test
