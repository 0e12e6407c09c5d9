// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"
#include "troupe/tests/harness/peer_manager_view.hpp"

namespace troupe::testing {

/// What the options of a node say about its dials.
struct dial_rules {
  retry_options retry = {};

  /// Dials at once.
  size_t max_dials = 0;

  /// A request to connect is answered in this time, or has failed.
  duration dial_timeout = {};

  /// No dial takes longer, from the peer manager's order to its outcome.
  duration longest_dial = {};
};

/// Watches how one node dials, and finds what no other invariant would, since
/// time heals it:
///
/// - a node that sleeps although somebody could be dialed, or that does not
///   look for what comes next when a dial has failed;
/// - a dial that ended and that the peer manager believes to be under way;
/// - a dial that is given up before its time;
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

  /// A connection to that peer is requested.
  void requested(const node_id& peer, time_point now);

  /// A dial of that peer failed. @returns what is wrong, if anything.
  std::optional<std::string> failed(const node_id& peer, errc why,
                                    time_point now);

private:
  /// A dial under way.
  struct attempt {
    /// By which dials are told apart.
    time_point deadline;
    /// When it was seen first.
    time_point since;
  };

  std::optional<std::string> began(const node_id& peer, time_point now);
  [[nodiscard]] bool is_bare(duration wait) const;

  dial_rules rules_;
  std::optional<time_point> due_;
  std::map<node_id, attempt> dials_;
  /// The last operation of the peer manager, and the oldest failure since.
  std::optional<time_point> worked_;
  std::optional<time_point> unseen_;
  /// When a connection was requested last, in the last dial.
  std::map<node_id, time_point> requested_;
  /// When the last dial failed, until the next one.
  std::map<node_id, time_point> failed_;
  /// Waits in a row that were exactly what backoff says.
  size_t bare_waits_ = 0;
};

} // namespace troupe::testing
