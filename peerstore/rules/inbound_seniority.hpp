// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/inbound_diversity.hpp"

namespace troupe {

/// What seniority gives in inbound slots.
struct seniority_options {
  /// The part of the inbound slots that those have who served us longest, in
  /// quarters. The rest is for whoever comes.
  size_t quarters = 3;

  /// Who served us for less long takes nobody's place.
  duration min = std::chrono::hours{1};

  /// How many times as senior as another one somebody has to be to take his
  /// place. So each exchange makes those that are here much more senior, and
  /// there is an end to it.
  int64_t margin = 2;
};

/// Says which inbound peer makes way for one that served us long ago when all
/// slots are taken: of those whose group has more connections than the
/// newcomer's the one that we know shortest, if the newcomer is far more
/// senior, and not so many are as senior as the newcomer that they have their
/// part of the slots. Whoever floods us, above all after a restart, when all
/// connections are young, keeps out nobody who was here before him.
/// @param all the inbound peers, those that may not go included.
/// @param group the newcomer's `address_group`. Empty: nobody makes way.
/// @param seniority the newcomer's.
/// @returns nothing if nobody has to.
std::optional<node_id>
choose_for_seniority(const std::vector<inbound_peer>& all,
                     const std::string& group, duration seniority,
                     const seniority_options& options = {});

} // namespace troupe
