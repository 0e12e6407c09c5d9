// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/book/keyed_hash.hpp"

namespace troupe {

/// The shelves of an `address_book`.
enum class book_shelf : uint8_t {
  /// Somebody said so, nobody has answered there yet.
  fresh,
  /// The peer has answered when we dialed it.
  tried,
};

/// What the book knows about where a peer is, and who said so.
struct book_entry {
  book_shelf shelf = book_shelf::fresh;

  /// The `address_group` of the peer.
  std::string group = {};

  /// Who told us first. Null: nobody knows any more.
  node_id source = {};

  /// The `address_group` of who told us, as we were connected.
  std::string source_group = {};

  friend bool operator==(const book_entry&, const book_entry&) = default;
};

/// How much of a book one of its parts can have.
struct book_shares {
  /// Buckets of fresh peers, and how many of them one group of sources reaches:
  /// a sixteenth, however many addresses it tells and of whatever groups.
  static constexpr size_t fresh_buckets = 256;
  static constexpr size_t fresh_buckets_per_source_group = 16;

  /// Buckets of tried peers, and how many of them one group of addresses
  /// reaches: a thirty-second.
  static constexpr size_t tried_buckets = 128;
  static constexpr size_t tried_buckets_per_group = 4;

  /// The part of all peers of whom one source can have told and that have not
  /// answered since.
  static constexpr size_t parts_per_source = 32;

  /// The share of draws from tried peers, in quarters: whoever comes with many
  /// addresses at once has not answered yet.
  static constexpr uint64_t tried_quarters = 3;

  /// How many peers of one group count when one is drawn: a group with more of
  /// them is drawn no more often.
  static constexpr size_t weight_per_group = 2;

  /// Most tried peers that wait to be tested.
  static constexpr size_t suspects_max = 16;
};

/// Peers that we know from hearsay, in a way that leaves nobody room to
/// surround us: who wants our slots would fill our book first.
///
/// A peer is *fresh* until it answers us, and *tried* after. Each shelf has
/// buckets of a fixed size; which one a peer goes to follows from its group,
/// from the group of who told us, and from a secret. So neither a source nor a
/// network reaches more than a few buckets, and nobody can aim at one. In a
/// full bucket those make way first who never answered and were tried most;
/// whoever has answered stays, and is tested anew when another one wants its
/// place (Bitcoin Core's address manager, with the sizes that a network of
/// validators needs).
///
/// Peers that an operator named stand outside, and nobody takes their place.
class address_book {
public:
  /// How ready a peer is to make way: 0 if it is not, more if it is.
  using readiness = std::function<uint32_t(const node_id&)>;

  /// Where a newcomer finds room, and who has to go for it.
  struct room {
    bool found = false;
    std::optional<node_id> victim = {};
  };

  /// @param max_peers how many peers are known at most.
  address_book(size_t max_peers, const keyed_hash::key& secret);

  /// The key that decides about buckets; has to be kept, or a restart would
  /// deal anew who has to share a bucket with whom.
  [[nodiscard]] const keyed_hash::key& secret() const {
    return hash_.secret();
  }

  /// What decides where chance must not be foreseen.
  [[nodiscard]] const keyed_hash& hash() const {
    return hash_;
  }

  /// Takes another key. Nobody may be in the book yet.
  void set_secret(const keyed_hash::key& secret) {
    hash_ = keyed_hash{secret};
  }

  // -- who is in it -----------------------------------------------------------

  /// Looks for room for a peer that is not in the book.
  [[nodiscard]] room find_room(const node_id& id, const book_entry& what,
                               const readiness& ready) const;

  /// Adds a peer, after the victim that `find_room` named was removed.
  void insert(const node_id& id, book_entry what);

  /// Removes a peer if it is there.
  void remove(const node_id& id);

  [[nodiscard]] const book_entry* find(const node_id& id) const;

  /// A fresh peer has answered, and becomes a tried one. If there is no room,
  /// it stays fresh, and one of those that have the room is to be tested.
  /// @returns a tried peer that lost its place to it, and is fresh again or, if
  /// there is no room for that, not in the book any more.
  std::optional<node_id> answered(const node_id& id, const readiness& ready);

  // -- draws ------------------------------------------------------------------

  /// Draws a peer, most often a tried one, and from each group alike up to
  /// `weight_per_group`.
  [[nodiscard]] std::optional<node_id> draw(entropy& random) const;

  /// The same from one shelf.
  [[nodiscard]] std::optional<node_id> draw(book_shelf from,
                                            entropy& random) const;

  /// Takes a tried peer whose place somebody wants: does it still answer?
  std::optional<node_id> take_suspect();

  // -- numbers ----------------------------------------------------------------

  [[nodiscard]] size_t size(book_shelf which) const {
    return shelf(which).size;
  }

  [[nodiscard]] size_t size() const {
    return entries_.size();
  }

  /// Number of fresh peers that a source told us of.
  [[nodiscard]] size_t told_by(const node_id& source) const;

  /// Number of peers of a group.
  [[nodiscard]] size_t of_group(book_shelf which,
                                const std::string& group) const;

  /// The most peers that one source can have told us of.
  [[nodiscard]] size_t most_told() const {
    return most_told_;
  }

  /// Places in each bucket of a shelf.
  [[nodiscard]] size_t bucket_size(book_shelf which) const {
    return shelf(which).bucket_size;
  }

private:
  struct group_index {
    std::vector<node_id> members = {};

    /// Within `shelf_index::names`.
    size_t position = 0;
  };

  struct shelf_index {
    size_t bucket_size = 1;
    size_t size = 0;
    std::vector<std::vector<node_id>> buckets = {};
    std::map<std::string, group_index> groups = {};

    /// Those of all groups, to draw one.
    std::vector<std::string> names = {};

    void add(const std::string& group, const node_id& id);
    void remove(const std::string& group, const node_id& id);
  };

  struct placed_entry {
    book_entry what;
    size_t bucket = 0;
  };

  [[nodiscard]] const shelf_index& shelf(book_shelf which) const {
    return shelves_[static_cast<size_t>(which)];
  }

  [[nodiscard]] shelf_index& shelf(book_shelf which) {
    return shelves_[static_cast<size_t>(which)];
  }

  [[nodiscard]] size_t bucket_of(const node_id& id,
                                 const book_entry& what) const;
  [[nodiscard]] static std::optional<node_id>
  readiest(const std::vector<node_id>& among, const readiness& ready);
  void suspect(const std::vector<node_id>& bucket, const node_id& newcomer);

  keyed_hash hash_;
  size_t most_told_;
  std::array<shelf_index, 2> shelves_;
  std::unordered_map<node_id, placed_entry> entries_;
  /// Fresh peers by who told us.
  std::map<node_id, std::set<node_id>> told_;
  /// Tried peers whose places are wanted.
  std::set<node_id> suspects_;
};

} // namespace troupe
