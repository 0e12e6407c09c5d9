// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_score.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"

namespace troupe {

/// One address of a peer, and how dialing it went.
struct address_record {
  node_address address;

  /// Stands in the configuration, so that it is never dropped.
  bool configured = false;

  /// We have it from an operator or the program, not from a peer. Means nothing
  /// in another life of ours: they say it again.
  bool trusted = false;

  /// Failed dials since the last success.
  uint32_t failures = 0;

  /// Not to be dialed before. Set once per failure.
  time_point retry_at = time_point::min();

  std::optional<time_point> last_success = {};
  std::optional<time_point> last_failure = {};
};

/// Keeps a peer out until a time.
struct ban_record {
  time_point until = {};

  /// Why, for humans.
  std::string reason = {};

  /// Told by an operator, not found by the rules.
  bool by_operator = false;
};

/// The peer has proven its ID and cannot be our peer.
struct incompatibility {
  time_point since = {};
  errc reason = errc::none;

  /// What does not fit, for humans.
  std::string detail = {};

  /// What it did not fit with: our `profile_of` at that time.
  std::string with = {};
};

/// Whether `code` says that a peer is sound and does not fit.
constexpr bool is_incompatibility(errc code) {
  return code == errc::wrong_network || code == errc::wrong_block_version
         || code == errc::no_common_channel;
}

/// One peer, and how its connections went. What follows from it (rank, whom to
/// dial next) is kept up to date by `peer_table` and `dial_queue`.
struct peer_record {
  // -- from the configuration -------------------------------------------------

  peer_class kind = peer_class::ordinary;

  /// Has an address in the configuration. So may an unconditional peer.
  bool persistent = false;

  /// One of `preferred_peers`, also where `kind` says that it is more.
  bool preferred = false;

  /// Its addresses are nobody's business.
  bool is_private = false;

  /// We want nothing to do with it.
  bool blocked = false;

  /// An operator has named an address of it: it stands outside of the
  /// `address_book`.
  bool named = false;

  // -- history ----------------------------------------------------------------

  /// In the order in which they became known.
  std::vector<address_record> addresses = {};

  decaying behaviour = {};

  /// Connections in a row that ended soon after they began.
  uint32_t short_connections = 0;

  /// Not to be dialed before, whatever the address.
  time_point dialable_at = time_point::min();

  /// The same for something that we did ourselves. Means nothing in another
  /// life of ours.
  time_point held_until = time_point::min();

  /// Since when it serves us (`seniority_of`): when the first of its
  /// connections began that lasted.
  std::optional<time_point> served_since = {};

  std::optional<time_point> last_connected = {};
  std::optional<time_point> last_disconnected = {};

  /// The last behaviour that was fatal.
  std::optional<time_point> last_fatal = {};

  std::optional<ban_record> ban = {};

  /// How often in a row it was banned by the rules, and when last.
  uint32_t bans = 0;
  std::optional<time_point> last_ban = {};

  std::optional<incompatibility> incompatible = {};

  /// We dialed it, and it was among our peers when we last looked: it is dialed
  /// before others.
  bool anchor = false;

  // -- now --------------------------------------------------------------------

  /// An operator wants it dialed.
  bool urgent = false;

  /// Connected or being dialed: not to be forgotten.
  bool busy = false;

  /// A store may hold it.
  bool stored = false;

  // -- where the indices have it ----------------------------------------------

  standing rank = {};
  bool ranked = false;
  bool ranked_answered = false;

  /// Orders equals. A function of the peer's ID that only we can compute, so
  /// that nobody can make an ID that comes first.
  uint64_t lot = 0;

  /// Since when, or from when on, it may be dialed. Absent: not at all.
  std::optional<time_point> queued = {};
  standing queued_as = {};
  bool queued_urgent = false;
  uint8_t queued_before = 0;

  /// Returns the record of `address`, or `nullptr` if it is not known.
  address_record* find(const node_address& address);

  /// Whether it did not fit, so that nobody tries again before something
  /// changes. Configured peers wait instead.
  [[nodiscard]] bool hopeless() const {
    return incompatible && !configured() && !urgent;
  }

  /// Whether it has ever answered when we dialed it.
  [[nodiscard]] bool has_answered() const;

  /// Whether we only know it because peers told us.
  [[nodiscard]] bool is_hearsay() const {
    return !configured() && !named;
  }

  /// Whether the peer was chosen by us and is never forgotten.
  [[nodiscard]] bool configured() const {
    return persistent || kind != peer_class::ordinary;
  }
};

/// Returns the address that failed least, the first of them; `nullptr` if
/// there is none.
const address_record* best_address(const peer_record& peer);

/// Says what the peer's score is made of now.
score_explanation explain_score(const peer_record& peer, time_point now,
                                const score_options& options);

/// Whether there is anything in the record that is worth keeping when the peer
/// is gone: a way to reach it, or something to hold against it.
bool is_memorable(const peer_record& peer, time_point now,
                  const score_options& options);

} // namespace troupe
