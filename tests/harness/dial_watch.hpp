// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/peer_manager_view.hpp"
#include "troupe/peerstore/retry_schedule.hpp"

namespace troupe::testing {

/// What the options of a node say about its dials.
struct dial_rules {
  retry_options retry = {};

  /// Dials at once.
  size_t max_dials = 0;

  /// No dial takes longer, from the peer manager's order to its outcome.
  duration longest_dial = {};
};

/// Watches how one node dials, and finds what no other invariant would, since
/// time heals it:
///
/// - a node that sleeps although somebody could be dialed;
/// - a dial that ended and that the peer manager believes to be under way;
/// - waits without jitter, so that all nodes come back at the same moment.
class dial_watch {
public:
  explicit dial_watch(const dial_rules& rules) : rules_(rules) {}

  /// The peer manager has done something. @param next its next wake-up.
  /// @returns what is wrong, if anything.
  std::optional<std::string> worked(const peer_manager_view& view,
                                    std::optional<time_point> next,
                                    time_point now);

  /// Nothing happened since. @returns what is wrong, if anything.
  [[nodiscard]] std::optional<std::string> check(time_point now) const;

  /// A dial of that peer failed.
  void failed(const node_id& peer, time_point now);

  /// A connection to that peer is requested.
  /// @returns what is wrong, if anything.
  std::optional<std::string> dialing(const node_id& peer, time_point now);

private:
  [[nodiscard]] bool is_bare(duration wait) const;

  dial_rules rules_;
  std::optional<time_point> due_;
  /// Dials under way: their deadline, by which they are told apart, and when
  /// they were seen first.
  std::map<node_id, std::pair<time_point, time_point>> dials_;
  std::map<node_id, time_point> failed_;
  /// Waits in a row that were exactly what backoff says.
  size_t bare_waits_ = 0;
};

} // namespace troupe::testing
