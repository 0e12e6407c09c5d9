// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "troupe/actors/pex/pex_options.hpp"
#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Decides whom to ask for addresses, and when: a synchronous state machine
/// without clock and sockets.
///
/// A peer whom we have dialed is asked as soon as it is there. Besides, one of
/// all peers is asked every now and then, drawn from those that we dialed, for
/// whoever dialed us may have come to tell us lies; from the others only if all
/// of the former have been asked of late. The interval doubles with an answer
/// that has nothing new and shrinks with one that has, the more the shorter,
/// between two bounds. What else arrives meanwhile does not matter to it.
///
/// A peer is asked one question at a time:
///
///     ready --> asked --> ready      after the answer, and a pause
///                   \--> ready      without one, after a longer pause
///
/// After every call, ask `next` until it has nothing, and again at
/// `next_wakeup`.
class ask_schedule {
public:
  /// Whom to ask, and how.
  struct question {
    node_id peer = {};
    pex_dialect dialect = pex_dialect::legacy;
  };

  /// @param random has to outlive the schedule.
  ask_schedule(const ask_options& options, entropy& random)
    : options_(options),
      random_(&random),
      interval_(options.min_interval) {}

  // -- peers ------------------------------------------------------------------

  /// A peer can be asked from now on.
  void up(const node_id& peer, direction way, pex_dialect dialect);

  /// A peer is gone.
  void down(const node_id& peer);

  /// A peer has used URLs itself, whatever its version says.
  void understands_urls(const node_id& peer);

  // -- questions --------------------------------------------------------------

  /// Returns a question to send. The caller owes exactly one call of
  /// `answered`, `silent` or `not_sent` for it, unless the peer goes down.
  std::optional<question> next(time_point now);

  /// A peer has answered.
  void answered(const node_id& peer, time_point now);

  /// A peer has not answered in time.
  void silent(const node_id& peer, time_point now);

  /// A question did not get on its way, which is not the peer's fault.
  void not_sent(const node_id& peer, time_point now);

  /// It turned out how many addresses of an answer are new.
  /// @param level how full the node is, from 0 to 1.
  void learned(size_t fresh, double level);

  // -- time -------------------------------------------------------------------

  /// When `next` may have something without a further call.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// The time between two questions as things are.
  [[nodiscard]] duration interval() const;

  [[nodiscard]] size_t size() const {
    return peers_.size();
  }

private:
  struct entry {
    direction way = direction::inbound;
    pex_dialect dialect = pex_dialect::legacy;
    bool was_asked = false;
    /// When the peer may be asked again.
    time_point ready_at = time_point::min();
    /// While a question is open.
    bool is_asked = false;
    /// How often in a row it gave no answer in time.
    uint32_t silences = 0;
  };

  /// Ends the question of a peer, if one is open.
  entry* close(const node_id& peer);
  [[nodiscard]] bool is_new(const entry& peer) const;
  [[nodiscard]] time_point poll_at() const;
  [[nodiscard]] time_point new_peer_at() const;
  [[nodiscard]] std::vector<const node_id*> ready(direction way,
                                                  time_point now) const;
  [[nodiscard]] std::optional<node_id> choose(time_point now) const;

  ask_options options_;
  entropy* random_;
  std::map<node_id, entry> peers_;
  duration interval_;
  /// When the last question was sent.
  std::optional<time_point> asked_at_;
  bool full_ = false;
};

} // namespace troupe
