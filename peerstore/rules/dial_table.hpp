// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// A dial without outcome yet.
struct dial_attempt {
  node_address address = {};
  time_point deadline = {};

  /// Whether limits count it.
  bool counted = true;

  /// It was only made because the peer is better than a connected one.
  bool upgrade = false;

  /// When it counts as silent, unless something is heard of it before.
  time_point silent_from = time_point::max();

  /// Somebody is there, and a handshake goes on.
  bool answered = false;

  /// Nothing was heard of it for too long: others are dialed for its slot.
  bool silent = false;

  /// It was only made to find out whether the peer answers. Limits do not count
  /// it.
  bool feeler = false;
};

/// The dials in flight, and who is to make way should they succeed.
///
///     waiting -- answered --> answered
///        |                        |
///        +------ its time --------+--> silent -- answered --> answered
///
/// A reservation ends with the dial, or with the connection that was to make
/// way.
class dial_table {
public:
  using map = std::map<node_id, dial_attempt>;

  [[nodiscard]] const map& all() const {
    return content_;
  }

  [[nodiscard]] const dial_attempt* find(const node_id& id) const;

  /// Number of dials that limits count, those of which nothing is heard among
  /// them.
  [[nodiscard]] size_t counted() const {
    return silences_.size() + silent_;
  }

  /// Number of dials that limits count and of which nothing is heard.
  [[nodiscard]] size_t silent() const {
    return silent_;
  }

  void insert(dial_attempt what);

  /// Something was heard of a dial, which has to be there. It counts as silent
  /// from `silent_from` on, unless that happens once more.
  void answered(const node_id& id, time_point silent_from);

  /// Time has passed: those become silent whose time has come.
  void fall_silent(time_point now);

  /// When the next one becomes silent that limits count.
  [[nodiscard]] std::optional<time_point> next_silence() const;

  /// Removes a dial and its reservation.
  std::optional<dial_attempt> erase(const node_id& id);

  /// Whether one of them only looks whether somebody answers.
  [[nodiscard]] bool has_feeler() const;

  /// Returns the dial whose deadline is the first.
  [[nodiscard]] std::optional<std::pair<time_point, node_id>> oldest() const;

  // -- reservations -----------------------------------------------------------

  /// `from` makes way if the dial to `to` succeeds.
  void reserve(const node_id& from, const node_id& to);

  /// Forgets that `from` would make way.
  void release(const node_id& from);

  [[nodiscard]] bool is_reserved(const node_id& from) const {
    return upgrades_.count(from) != 0;
  }

  /// Returns who makes way for `to`.
  [[nodiscard]] std::optional<node_id> reserved_for(const node_id& to) const;

  /// From whom to whom.
  [[nodiscard]] const std::map<node_id, node_id>& upgrades() const {
    return upgrades_;
  }

private:
  using schedule = std::set<std::pair<time_point, node_id>>;

  map content_;
  schedule deadlines_;
  /// Of those that limits count and that are not silent.
  schedule silences_;
  size_t silent_ = 0;
  std::map<node_id, node_id> upgrades_;
};

} // namespace troupe
