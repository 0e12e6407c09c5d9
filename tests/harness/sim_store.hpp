// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe::testing {

/// How a `sim_store` behaves.
struct sim_store_options {
  /// How long a commit takes: drawn between these.
  duration delay_min = std::chrono::milliseconds{1};
  duration delay_max = std::chrono::milliseconds{20};

  /// How many of a thousand commits fail.
  unsigned failures_per_mille = 0;
};

/// The disk of a simulated machine: what of a node outlives its crash. Commits
/// are all or nothing, as on a real disk, and take a time that is a function of
/// the seed. What was acknowledged is there after a crash; of a commit that was
/// under way, all or nothing is.
class sim_store : public std::enable_shared_from_this<sim_store> {
public:
  /// @param random what the store draws from; belongs to the simulation.
  static std::shared_ptr<sim_store> make(std::shared_ptr<entropy> random,
                                         sim_store_options options = {});

  /// Returns the store for one run of a node. Needs no thread of its own. What
  /// earlier ones still try fails and has no effect: their node is dead.
  std::unique_ptr<peer_store> open();

  /// The machine dies at this instant.
  void crash();

  /// What is on the disk.
  [[nodiscard]] const std::map<node_id, stored_peer>& peers() const {
    return peers_;
  }

  /// Number of commits that were acknowledged.
  [[nodiscard]] size_t acknowledged() const {
    return acknowledged_;
  }

  /// Number of commits that were under way at a crash, and how many of them
  /// reached the disk nevertheless.
  [[nodiscard]] size_t interrupted() const {
    return interrupted_;
  }

  [[nodiscard]] size_t survived() const {
    return survived_;
  }

private:
  class handle;

  sim_store(std::shared_ptr<entropy> random, sim_store_options options);

  duration begin(const store_changes& changes);
  failure commit(const store_changes& changes);
  void apply(const store_changes& changes);

  std::shared_ptr<entropy> random_;
  sim_store_options options_;
  std::map<node_id, stored_peer> peers_;
  std::string secret_;
  /// Handed to the disk and not acknowledged.
  store_changes under_way_;
  /// Counts runs of the node; handles of earlier runs are dead.
  uint64_t run_ = 0;
  size_t acknowledged_ = 0;
  size_t interrupted_ = 0;
  size_t survived_ = 0;
};

} // namespace troupe::testing
