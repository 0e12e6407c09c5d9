// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "troupe/messages/node_address.hpp"

namespace troupe {

/// Where others say that we are: an address with our ID that peers told us.
/// Nobody can see on a connection where it comes from as others see it, so this
/// is how a node behind a router learns that an operator has opened a way to
/// it.
///
/// One voice proves nothing, so an address counts once peers of several groups
/// say it; each group has one voice, its last. What is believed wrongly costs
/// those who dial it one dial: the ID does not answer there. So it is told to
/// others, and decides about nothing else.
class self_claims {
public:
  /// How many groups have to agree.
  static constexpr size_t voices_needed = 3;

  /// Most groups that are heard; who spoke longest ago is forgotten first.
  static constexpr size_t voices_max = 64;

  /// Somebody of `group` says that we are there.
  void hear(const node_address& address, const std::string& group);

  /// The addresses that enough groups agree on, those of most first.
  [[nodiscard]] std::vector<node_address> believed() const;

  /// Number of groups that have a voice.
  [[nodiscard]] size_t voices() const {
    return voices_.size();
  }

private:
  struct voice {
    std::string group;
    node_address address;
  };

  /// Who spoke last comes last.
  std::deque<voice> voices_;
};

} // namespace troupe
