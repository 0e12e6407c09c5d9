// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "troupe/messages/time.hpp"

namespace troupe {

struct peer_ledger;
struct peer_record;

/// How long a connection lasts until its peer has served us. Whoever wants to
/// be senior with many peers has to hold a slot with each for so long.
inline constexpr duration service_min = std::chrono::minutes{10};

/// Without connection for so long, a peer begins anew.
inline constexpr duration service_memory = std::chrono::hours{24 * 7};

/// How long ago a peer first served us; 0 if it never did, not for a week, or
/// committed a fatal act since.
///
/// It is what an attacker has not got and cannot make: he can have any number
/// of nodes, behave well, stay for ever and always have a slot, but not have
/// begun before he began. So it decides where the first who comes would decide
/// otherwise. It outlives our restarts, after which all connections are young.
duration seniority_of(const peer_record& peer, time_point now);

/// Notes which peers have served.
class service_watch {
public:
  /// Looks at all connections, at most once a minute.
  void look(peer_ledger& state);

private:
  time_point next_look_ = time_point::min();
};

} // namespace troupe
