// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_class.hpp"
#include "troupe/peerstore/rules/score_explanation.hpp"

namespace troupe {

/// How behaviour turns into a score, in points. An ordinary peer that nothing
/// is known about has 0.
///
/// | behaviour            | points | behaviour            | points |
/// |----------------------|--------|----------------------|--------|
/// | `useful_message`     |     +1 | `useless_message`    |     -1 |
/// | `useful_block`       |     +5 | `timeout`            |     -5 |
/// | `served_request`     |     +2 | `bad_address`        |     -2 |
/// | `stable_connection`  |     +1 | `unsolicited`        |    -10 |
/// |                      |        | `bad_message`        |    -20 |
/// |                      |        | `spam`               |    -20 |
/// |                      |        | `protocol_violation` |    -60 |
/// |                      |        | `false_proof`        |   -100 |
///
/// `protocol_violation` and `false_proof` are fatal: the connection ends at
/// once, and a second one within `fatal_memory` is a ban.
struct score_options {
  /// What a peer did counts half after this time: merits are not for ever, and
  /// sins are forgiven.
  duration half_life = std::chrono::hours{1};

  /// Behaviour alone makes no more and no less than this many points.
  double bound = 1000;

  /// A peer whose behaviour falls to here is banned. Below 0.
  double ban_at = -100;

  /// How long a fatal behaviour is remembered.
  duration fatal_memory = std::chrono::hours{24};

  /// Points that a failed dial costs (by the address that failed least), and a
  /// connection that ended soon after it began; the first `max_penalties`
  /// of each count.
  double failure_penalty = 1;
  uint32_t max_penalties = 20;
};

/// Checks that times and bounds are positive and the threshold is between.
/// @returns `invalid_option` with the option's name, or `none`.
failure validate(const score_options& options);

/// Returns what one such act is worth, in points.
double points_of(peer_behaviour what);

/// Whether the connection has to end at once.
bool is_fatal(peer_behaviour what);

/// Where the scores of a class begin. The classes are so far apart that no
/// behaviour bridges the gap: unconditional above persistent above preferred
/// above ordinary.
double base_score(peer_class whose);

/// A number that halves with every half-life that passes.
class decaying {
public:
  decaying() = default;

  decaying(double value, time_point at) : value_(value), at_(at) {}

  /// Returns what is left of it. Times before its own count as its own.
  [[nodiscard]] double at(time_point now, duration half_life) const;

  /// Adds points, and stays within `+-bound`.
  void add(double points, time_point now, const score_options& options);

private:
  double value_ = 0;
  time_point at_ = time_point::min();
};

/// Orders peers by score, worse before better.
///
/// All that a score is made of decays with the same half-life, so of two
/// peers of a class the better one stays the better one while nothing happens
/// to either. That is what makes an index possible: the position is computed
/// when something happens to the peer, and holds for ever after. It is the
/// logarithm of the score, moved to a common time.
struct standing {
  peer_class kind = peer_class::ordinary;
  int sign = 0;
  double level = 0;

  /// The standing of a peer whose score, without the base, is `points` now.
  static standing of(peer_class kind, double points, time_point now,
                     duration half_life);

  friend std::partial_ordering operator<=>(const standing&, const standing&)
      = default;
  friend bool operator==(const standing&, const standing&) = default;
};

} // namespace troupe
