// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/keyed_hash.hpp"

namespace troupe {

/// A peer that dialed us, as far as it matters who makes way.
struct inbound_peer {
  node_id id = {};

  /// Its `address_group`. Empty: nobody knows, and it never makes way for this
  /// reason.
  std::string group = {};

  /// How long it has been connected.
  duration age = duration::zero();

  /// Its `seniority_of`.
  duration seniority = duration::zero();

  /// The shortest round trip that was measured.
  std::optional<duration> rtt = {};

  /// What its behaviour counts.
  double points = 0;

  /// It may have to go: it is neither configured nor about to leave anyway.
  bool may_go = true;
};

/// How many inbound peers each step keeps.
struct diversity_options {
  /// Of groups that a secret chooses, one peer each. Whoever wants all others
  /// out would have to be in groups that it cannot know.
  size_t kept_by_group = 4;

  /// Those that answer fastest. Whoever wants all others out would have to be
  /// nearer to us than they are.
  size_t kept_by_rtt = 4;

  /// Those that were most useful. Whoever wants all others out would have to do
  /// more for us than they do.
  size_t kept_by_points = 4;

  /// Half of those that are left, which have been here longest, but of each
  /// group only one that stays anyway. Whoever wants all others out would have
  /// had to begin long ago, and in many networks.
  size_t kept_by_age_divisor = 2;
};

/// Says which inbound peer makes way for one of `group` when all slots are
/// taken: of those that no step keeps the youngest of the group that has most
/// connections, if that has at least two more than the group of the newcomer.
/// So each time the groups are more even after, and a flood from one network
/// replaces nobody but itself.
/// @param all the inbound peers, those that may not go included.
/// @returns nothing if nobody has to.
std::optional<node_id>
choose_for_diversity(std::vector<inbound_peer> all, const std::string& group,
                     const keyed_hash& hash,
                     const diversity_options& options = {});

} // namespace troupe
