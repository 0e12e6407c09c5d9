// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cometbft_victim.hpp"
#include "victim.hpp"

namespace troupe::eclipse {

/// An attack on one node: a network of honest nodes, attackers among them, and
/// what they do. All attackers behave like honest nodes on their connections,
/// never hang up, are never full, and tell of nobody but attackers.
struct attack_options {
  std::string name = {};

  // -- the honest network -----------------------------------------------------

  /// Honest nodes and how many networks they are in; and how many more nobody
  /// finds any more, of whom all still tell.
  size_t honest = 200;
  size_t honest_groups = 100;
  size_t gone = 50;

  /// How often a dial of an honest node finds a free slot.
  double free_slots = 0.5;

  /// Mean life of a connection of an honest node, and mean time between two
  /// attempts of one of them to dial us, in seconds.
  double connection_life = 4 * 3600;
  double honest_dials = 20 * 60;

  // -- the attackers ----------------------------------------------------------

  size_t attackers = 1000;
  size_t attacker_groups = 4;

  /// Which part of what honest nodes tell are attackers: their books are under
  /// attack as well.
  double poisoned = 0.5;

  /// Attempts of all attackers together to dial us, a second.
  double flood = 0.05;

  /// The victim starts anew after that many seconds, again and again; 0: never.
  double restarts = 0;

  // -- time -------------------------------------------------------------------

  /// The attack begins here and lasts that long, in seconds. What is measured
  /// is the second half.
  double calm = 2 * 3600;
  double duration = 10 * 3600;

  /// Addresses in an answer.
  size_t answer = 100;
};

/// The attacks that are measured.
std::vector<attack_options> attacks();

/// Which part of the connections the attackers had, on average over time.
struct attack_result {
  double outgoing = 0;
  double all = 0;

  /// How many connections there were, on average.
  double outgoing_count = 0;
  double all_count = 0;
};

/// Makes a victim.
using make_victim = std::function<std::unique_ptr<victim>(
    const std::vector<network_node>&, const victim_limits&, uint64_t seed)>;

/// Runs an attack, a function of the seed.
attack_result run(const attack_options& options, const make_victim& make,
                  uint64_t seed);

/// The two sets of rules.
make_victim with_our_rules();
make_victim with_cometbft_rules();

} // namespace troupe::eclipse
