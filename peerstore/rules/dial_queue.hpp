// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_record.hpp"

namespace troupe {

/// Peers that may be dialed, now or at a time that is known: within a class
/// anchors first, then those that an operator named; the better ones first,
/// among equals those that wait longest, and then as the lot has it.
///
///     waiting, by time -- its time comes --> due, by standing
///
/// Every operation costs the logarithm of the number of peers; a peer moves
/// from waiting to due once for each time that it is put.
class dial_queue {
public:
  /// Puts a peer into the queue, or moves it.
  void put(const node_id& id, peer_record& peer, time_point from);

  /// Takes a peer out, if it is in.
  void remove(const node_id& id, peer_record& peer);

  /// Time has passed: who waited for it is due. Does not go back.
  void advance(time_point now);

  /// Who is to be dialed next, if anybody is due.
  [[nodiscard]] std::optional<node_id> front() const;

  /// Who has the best score of those that are due: if no worse peer makes way
  /// for him, none does for the others.
  [[nodiscard]] std::optional<node_id> best() const;

  /// Visits those that are due, in their order, until `visit` returns `false`.
  template <class Visitor>
  void due_first(Visitor visit) const {
    for (const auto& what : due_)
      if (!visit(what.id))
        return;
  }

  /// Since when the front is due.
  [[nodiscard]] std::optional<time_point> due_since() const;

  /// The next time at which somebody becomes due.
  [[nodiscard]] std::optional<time_point> next_due() const;

private:
  struct entry {
    /// Of an operator's wish comes first, whoever it is.
    bool urgent = false;

    /// Within a class: anchors, then those an operator named, then others.
    uint8_t before = 0;
    standing rank = {};
    time_point from = {};
    uint64_t lot = 0;
    node_id id = {};
  };

  struct sooner {
    bool operator()(const entry& a, const entry& b) const {
      return std::tie(a.from, a.id) < std::tie(b.from, b.id);
    }
  };

  struct better {
    bool operator()(const entry& a, const entry& b) const {
      if (a.urgent != b.urgent)
        return a.urgent;
      if (a.rank.kind != b.rank.kind)
        return a.rank.kind > b.rank.kind;
      if (a.before != b.before)
        return a.before > b.before;
      if (a.rank != b.rank)
        return a.rank > b.rank;
      return std::tie(a.from, a.lot, a.id) < std::tie(b.from, b.lot, b.id);
    }
  };

  struct worthier {
    bool operator()(const entry& a, const entry& b) const {
      if (a.urgent != b.urgent)
        return a.urgent;
      if (a.rank != b.rank)
        return a.rank > b.rank;
      return std::tie(a.from, a.lot, a.id) < std::tie(b.from, b.lot, b.id);
    }
  };

  std::set<entry, sooner> waiting_;
  std::set<entry, better> due_;
  std::set<entry, worthier> due_by_worth_;
  time_point now_ = time_point::min();
};

} // namespace troupe
