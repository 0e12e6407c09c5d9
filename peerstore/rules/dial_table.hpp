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
};

/// The dials in flight, and who is to make way should they succeed.
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

  /// Number of dials that limits count.
  [[nodiscard]] size_t counted() const {
    return counted_;
  }

  void insert(dial_attempt what);

  /// Removes a dial and its reservation.
  std::optional<dial_attempt> erase(const node_id& id);

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
  map content_;
  std::set<std::pair<time_point, node_id>> deadlines_;
  size_t counted_ = 0;
  std::map<node_id, node_id> upgrades_;
};

} // namespace troupe
