// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "world.hpp"

namespace troupe::test {

/// A ledger of the node `m`, as a policy gets to see it, and verbs for what
/// happens without asking any policy.
struct ledger_world {
  explicit ledger_world(const peer_manager_options& options = world::plain())
    : random(1),
      state(peer(world::own), options, random) {
    state.advance(time_point{1h});
  }

  peer_record& record(char first) {
    return state.peers.obtain(peer(first));
  }

  void know(std::string_view peers) {
    for (auto first : peers)
      CHECK(state.learn(address(first)));
  }

  /// Gives a peer points for its behaviour.
  void give(char first, double points) {
    record(first).behaviour = {points, state.now};
    state.changed(peer(first));
  }

  uint64_t connect(char first, live_connection what = {}) {
    record(first);
    what.since = state.now;
    return state.begin_connection(peer(first), std::move(what));
  }

  void dial(char first) {
    state.begin_dial({.address = address(first), .deadline = state.now + 2min});
  }

  void pass(duration time) {
    state.advance(state.now + time);
  }

  seeded_entropy random;
  peer_ledger state;
};

} // namespace troupe::test
