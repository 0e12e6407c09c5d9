// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/location_index.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"

namespace troupe {

/// All that is known about peers, whether connected or not, and their order:
/// best to worst. Knows nothing about what goes on now.
///
/// Only `obtain` makes records, so that all begin alike, and only `erase`
/// removes them. After a change to a record, `reindex` puts it where it belongs
/// and notes that a store has to learn of it.
class peer_table {
public:
  /// @param random draws what the order of equals follows.
  peer_table(const node_id& own, const peer_manager_options& options,
             entropy& random);

  // -- records ----------------------------------------------------------------

  [[nodiscard]] peer_record* find(const node_id& id);
  [[nodiscard]] const peer_record* find(const node_id& id) const;

  /// Returns the record of a peer; makes one with all that the configuration
  /// says about it, if there is none.
  peer_record& obtain(const node_id& id);

  /// Forgets a peer. It must not be in a `dial_queue`.
  void erase(const node_id& id);

  void reindex(const node_id& id, time_point now);

  /// Everything, ordered by ID.
  [[nodiscard]] const std::map<node_id, peer_record>& records() const {
    return records_;
  }

  /// What the configuration says about a peer, known or not.
  [[nodiscard]] bool is_blocked(const node_id& id) const {
    return blocked_.count(id) != 0;
  }

  [[nodiscard]] bool is_private(const node_id& id) const {
    return private_.count(id) != 0;
  }

  [[nodiscard]] bool is_unconditional(const node_id& id) const {
    return unconditional_.count(id) != 0;
  }

  /// Number of persistent peers that need a slot, which unconditional ones do
  /// not.
  [[nodiscard]] size_t persistent() const;

  // -- addresses --------------------------------------------------------------

  /// Adds an address to a record. If the peer has too many, it takes the place
  /// of the one that failed most; if none failed, there is no place.
  /// @returns whether the address is new and was added.
  bool add_address(peer_record& peer, const node_address& address,
                   bool configured);

  /// Removes an address that is not configured.
  void drop_address(peer_record& peer, const node_address& address);

  /// Who is said to answer where, and where we are.
  location_index locations;

  // -- order ------------------------------------------------------------------

  /// Says what a peer's score is made of.
  [[nodiscard]] score_explanation explain_score(const peer_record& peer,
                                                time_point now) const {
    return troupe::explain_score(peer, now, score_);
  }

  /// What a peer is worth, known or not. An operator's wish is worth any
  /// ordinary peer.
  [[nodiscard]] double score_of(const node_id& id, time_point now) const;

  /// Whether there is anything in the record that is worth keeping when the
  /// peer is gone.
  [[nodiscard]] bool is_memorable(const peer_record& peer,
                                  time_point now) const {
    return troupe::is_memorable(peer, now, score_);
  }

  /// Returns whom to forget first: the worst one that is neither configured nor
  /// busy nor banned, of those that never answered if there are any.
  [[nodiscard]] std::optional<node_id> worst() const;

  /// Visits peers that are not banned, best first, until `visit` returns
  /// `false`.
  template <class Visitor>
  void best_first(Visitor visit) const {
    for (auto i = ranking_.rbegin(); i != ranking_.rend(); ++i)
      if (!visit(i->id, records_.at(i->id)))
        return;
  }

  /// Number of peers that are not banned: what `max_peers` counts.
  [[nodiscard]] size_t ranked() const {
    return ranking_.size();
  }

  // -- for stores -------------------------------------------------------------

  /// Notes that a store holds the record as it is.
  void mark_clean(const node_id& id) {
    dirty_.erase(id);
  }

  /// Notes that a store holds what it should not.
  void mark_for_erasure(const node_id& id) {
    dirty_.insert(id);
  }

  /// Notes that a store holds the record in a way that is wrong by now.
  void mark_dirty(const node_id& id) {
    dirty_.insert(id);
  }

  /// Hands over the IDs whose records have changed, those of forgotten peers
  /// among them, since the last call.
  std::set<node_id> take_dirty() {
    return std::exchange(dirty_, {});
  }

  [[nodiscard]] bool has_dirty() const {
    return !dirty_.empty();
  }

private:
  struct place {
    standing rank;
    bool answered;
    uint64_t lot;
    node_id id;

    /// Whether this one is worse. Who never answered is worse than who failed
    /// for a while. Of equals those are forgotten first who would be dialed
    /// last.
    bool operator<(const place& other) const {
      if (rank.kind != other.rank.kind)
        return rank.kind < other.rank.kind;
      if (answered != other.answered)
        return other.answered;
      return rank != other.rank
                 ? rank < other.rank
                 : std::tie(other.lot, other.id) < std::tie(lot, id);
    }
  };

  [[nodiscard]] uint64_t lot_of(const node_id& id) const;
  void unrank(const node_id& id, peer_record& peer);
  void remove_address(peer_record& peer, const node_address& address);

  node_id own_;
  uint64_t salt_;
  score_options score_;
  size_t max_addresses_;
  size_t max_ids_per_location_;
  std::set<node_id> persistent_;
  std::set<node_id> preferred_;
  std::set<node_id> unconditional_;
  std::set<node_id> private_;
  std::set<node_id> blocked_;

  std::map<node_id, peer_record> records_;
  /// Worst first.
  std::set<place> ranking_;
  std::set<node_id> dirty_;
};

} // namespace troupe
