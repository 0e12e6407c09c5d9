// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/actors/pex/pex.hpp"
#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::test {

using namespace std::chrono_literals;
using namespace troupe::testing;

/// A network of nodes with peer exchange, each of which wants `slots` peers
/// that it has dialed itself and takes four times as many that have dialed it,
/// as CometBFT does.
struct pex_network : network {
  explicit pex_network(uint64_t seed, size_t wanted = 10,
                       fidelity how = fidelity::messages)
    : network(seed, {.how = how}),
      slots(wanted) {
    add_reactor([this](caf::actor_system& sys, const node& home, size_t who) {
      spawn_pex(sys, home, {.seed_mode = seeds.count(who) > 0});
      for (auto whom : told[who])
        home.add_peer(*node_address::parse(address(whom)));
    });
  }

  /// Adds nodes, and counts on from those there are.
  void add(size_t count, const configurator& change = {}) {
    add_nodes(count, [&](size_t number, node_options& options) {
      options.max_outgoing = slots;
      options.max_incoming = 4 * slots;
      options.max_connected = 5 * slots;
      // They all have private addresses.
      options.inbound.max_per_subnet = 1000;
      if (change)
        change(number, options);
    });
  }

  /// Each time that it starts, a node is told where another one is.
  void tell(size_t who, size_t whom) {
    told[who].insert(whom);
  }

  // -- questions --------------------------------------------------------------

  /// Peers that a node has dialed.
  [[nodiscard]] size_t outgoing(size_t number) const {
    size_t result = 0;
    for (const auto& [id, peer] : peers(number).up())
      result += peer.way == direction::outbound;
    return result;
  }

  [[nodiscard]] size_t degree(size_t number) const {
    return peers(number).up().size();
  }

  /// Whether every node that runs has as many peers as it wants to dial. Those
  /// who dialed it take the place of whom it would have.
  [[nodiscard]] bool is_full() const {
    for (size_t i = 0; i < size(); ++i)
      if (is_running(i) && seeds.count(i) == 0 && degree(i) < slots)
        return false;
    return true;
  }

  /// Whether every node that runs has dialed as many as it wants.
  [[nodiscard]] bool has_dialed_all() const {
    for (size_t i = 0; i < size(); ++i)
      if (is_running(i) && seeds.count(i) == 0 && outgoing(i) < slots)
        return false;
    return true;
  }

  /// How many of the nodes that run reach each other through peers, from the
  /// first of them.
  [[nodiscard]] size_t reachable() const {
    std::vector<size_t> border;
    std::set<size_t> seen;
    for (size_t i = 0; i < size() && border.empty(); ++i)
      if (is_running(i)) {
        border.push_back(i);
        seen.insert(i);
      }
    while (!border.empty()) {
      const auto from = border.back();
      border.pop_back();
      for (const auto& [id, peer] : peers(from).up()) {
        const auto next = number_of(id);
        if (is_running(next) && seen.insert(next).second)
          border.push_back(next);
      }
    }
    return seen.size();
  }

  [[nodiscard]] size_t running() const {
    size_t result = 0;
    for (size_t i = 0; i < size(); ++i)
      result += is_running(i);
    return result;
  }

  [[nodiscard]] bool is_connected() const {
    return reachable() == running();
  }

  /// Bytes of peer exchange that all nodes that run have sent.
  [[nodiscard]] int64_t bytes_sent() const {
    int64_t sum = 0;
    for (size_t i = 0; i < size(); ++i)
      if (is_running(i))
        sum += (*this)[i]
                   .counters()
                   .traffic(pex_channel, direction::outbound)
                   .bytes->value();
    return sum;
  }

  size_t slots;
  std::set<size_t> seeds;
  std::map<size_t, std::set<size_t>> told;
};

} // namespace troupe::test
