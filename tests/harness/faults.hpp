// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

/// Nodes, by number.
using node_group = std::vector<size_t>;

// -- one fault each, for `network::at` and `network::apply` -------------------

/// Packets between the groups get lost, both ways, until `heal`.
fault partition(node_group a, node_group b);

/// Packets between the group and all others get lost, both ways.
fault isolate(node_group group);

/// Packets from one group to the other get lost, and not those back.
fault one_way(node_group from, node_group to);

/// Takes all partitions away.
fault heal();

/// Ends a node as a power failure would.
fault crash(size_t number);

/// Stops a node in an orderly way.
fault stop(size_t number);

/// Starts a node that does not run.
fault start(size_t number);

/// Nothing arrives from one node at another for a while, and then all of it.
fault stall(size_t from, size_t to, duration span);

/// Aborts all connections between two nodes.
fault reset(size_t a, size_t b);

/// Loses all packets of the connections that there are between two nodes, for
/// good. Neither of them is told.
fault black_hole(size_t a, size_t b);

/// Changes the link between two nodes, both ways.
fault relink(size_t a, size_t b, sim_link_options options);

/// What `relink` changed is as it was in the beginning.
fault restore_links();

/// Links are like that from now on, unless they were changed one by one. No
/// other fault ends it, nor does `calm`: most of it is no fault.
fault weather(sim_link_options options);

/// Looking up the name of a node takes that long.
fault slow_name(size_t number, duration wait);

/// There is no such name as that of the node, as all are told who look it up.
fault lost_name(size_t number);

/// Whoever looks up the name of the node gets no answer.
fault silent_name(size_t number);

/// The name of the node leads to that many addresses where nobody answers, and
/// then to the node's own.
fault stale_name(size_t number, size_t addresses);

/// The name of the node leads to the node, and soon.
fault restore_name(size_t number);

/// The end of all faults: heals, restores links and names, and starts all nodes
/// that do not run.
fault calm();

// -- many of them, drawn from a seed ------------------------------------------

/// Which faults are drawn, and how many.
struct chaos_options {
  /// Faults come in this span, and then `calm`.
  duration span = std::chrono::seconds{60};

  /// Time between two faults: between nothing and twice this.
  duration mean_gap = std::chrono::seconds{2};

  /// A crashed or stopped node starts again after at most this, and a
  /// partition ends after at most this.
  duration outage_max = std::chrono::seconds{20};

  bool crashes = true;
  bool partitions = true;
  bool stalls = true;
  bool resets = true;
  bool bad_links = true;

  /// These matter to those who know a node by name: `network::know_by_name`.
  bool bad_names = true;

  /// Connections that die without a word. Off unless somebody wants them: it
  /// takes minutes until both ends have noticed.
  bool black_holes = false;

  /// Links that lose datagrams, let others overtake them, double them, turn
  /// over some of their bits, let only small ones through, or at whose
  /// beginning a system does not always take them. For networks that have
  /// datagrams, as those of `fidelity::quic`.
  bool lost_datagrams = false;
  bool late_datagrams = false;
  bool double_datagrams = false;
  bool garbled_datagrams = false;
  bool small_datagrams = false;
  bool busy_sockets = false;

  /// Sets all of these.
  void set_datagrams(bool value);
};

/// Leaves half of the kinds of faults, drawn: a fault that there always is
/// hides what only happens without it. For each seed anew.
chaos_options draw_swarm(chaos_options options, sim_random& random);

/// The kinds that are left, for people: `crashes, stalls`.
std::string kinds_of(const chaos_options& options);

/// A fault and when it comes.
using timed_fault = std::pair<duration, fault>;

/// Draws faults, in the order of their time; the last one is `calm`.
std::vector<timed_fault> draw_chaos(size_t nodes, const chaos_options& options,
                                    sim_random& random);

} // namespace troupe::testing
