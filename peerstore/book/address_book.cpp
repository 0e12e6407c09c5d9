// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/address_book.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

using shares = book_shares;

size_t part(size_t of, size_t parts) {
  return std::max(of / parts, size_t{1});
}

/// How often a group is drawn anew that has too few peers to count in full.
constexpr int draws_max = 64;

} // namespace

// -- shelf_index --------------------------------------------------------------

void address_book::shelf_index::add(const std::string& group,
                                    const node_id& id) {
  auto [i, is_new] = groups.try_emplace(group);
  if (is_new) {
    i->second.position = names.size();
    names.push_back(group);
  }
  i->second.members.push_back(id);
  ++size;
}

void address_book::shelf_index::remove(const std::string& group,
                                       const node_id& id) {
  auto i = groups.find(group);
  auto& members = i->second.members;
  *std::find(members.begin(), members.end(), id) = members.back();
  members.pop_back();
  --size;
  if (!members.empty())
    return;
  // The last name takes its position.
  const auto position = i->second.position;
  groups.erase(i);
  if (position + 1 != names.size()) {
    names[position] = std::move(names.back());
    groups.at(names[position]).position = position;
  }
  names.pop_back();
}

// -- who is in it -------------------------------------------------------------

address_book::address_book(size_t max_peers, const keyed_hash::key& secret)
  : hash_(secret),
    most_told_(part(max_peers, shares::parts_per_source)) {
  auto& fresh = shelf(book_shelf::fresh);
  fresh.buckets.resize(shares::fresh_buckets);
  fresh.bucket_size = part(max_peers, shares::fresh_buckets);
  // Half of all at most, so that there is always room to learn.
  auto& tried = shelf(book_shelf::tried);
  tried.buckets.resize(shares::tried_buckets);
  tried.bucket_size = part(max_peers, 2 * shares::tried_buckets);
}

size_t address_book::bucket_of(const node_id& id,
                               const book_entry& what) const {
  if (what.shelf == book_shelf::tried) {
    const auto which = hash_({"tried", what.group, to_string(id)})
                       % shares::tried_buckets_per_group;
    return hash_({"tried group", what.group, fmt::format("{}", which)})
           % shares::tried_buckets;
  }
  const auto which = hash_({"fresh", what.group, what.source_group})
                     % shares::fresh_buckets_per_source_group;
  return hash_({"fresh group", what.source_group, fmt::format("{}", which)})
         % shares::fresh_buckets;
}

std::optional<node_id> address_book::readiest(const std::vector<node_id>& among,
                                              const readiness& ready) {
  std::optional<node_id> result;
  uint32_t most = 0;
  for (const auto& id : among)
    if (auto much = ready(id); much > most) {
      most = much;
      result = id;
    }
  return result;
}

address_book::room address_book::find_room(const node_id& id,
                                           const book_entry& what,
                                           const readiness& ready) const {
  const auto& on = shelf(what.shelf);
  const auto& bucket = on.buckets[bucket_of(id, what)];
  std::optional<node_id> victim;
  if (bucket.size() >= on.bucket_size) {
    victim = readiest(bucket, ready);
    if (!victim)
      return {};
  }
  if (what.shelf == book_shelf::tried || !what.source)
    return {true, victim};
  auto told = told_.find(what.source);
  if (told == told_.end() || told->second.size() < most_told_
      || (victim && told->second.count(*victim) != 0))
    return {true, victim};
  // Who has said so much makes room among what he said. A second one would have
  // to go for one that is new: then rather none.
  if (victim)
    return {};
  victim = readiest({told->second.begin(), told->second.end()}, ready);
  return {victim.has_value(), victim};
}

void address_book::insert(const node_id& id, book_entry what) {
  const auto where = bucket_of(id, what);
  auto& on = shelf(what.shelf);
  on.buckets[where].push_back(id);
  on.add(what.group, id);
  if (what.shelf == book_shelf::fresh && what.source)
    told_[what.source].insert(id);
  entries_.emplace(id, placed_entry{std::move(what), where});
}

void address_book::remove(const node_id& id) {
  auto node = entries_.extract(id);
  if (node.empty())
    return;
  const auto& gone = node.mapped();
  auto& on = shelf(gone.what.shelf);
  std::erase(on.buckets[gone.bucket], id);
  on.remove(gone.what.group, id);
  if (auto i = told_.find(gone.what.source); i != told_.end()) {
    i->second.erase(id);
    if (i->second.empty())
      told_.erase(i);
  }
  suspects_.erase(id);
}

const book_entry* address_book::find(const node_id& id) const {
  auto i = entries_.find(id);
  return i != entries_.end() ? &i->second.what : nullptr;
}

std::optional<node_id> address_book::answered(const node_id& id,
                                              const readiness& ready) {
  const auto* known = find(id);
  if (known == nullptr)
    return std::nullopt;
  if (known->shelf == book_shelf::tried) {
    suspects_.erase(id);
    return std::nullopt;
  }
  auto what = *known;
  what.shelf = book_shelf::tried;
  const auto [found, victim] = find_room(id, what, ready);
  if (!found) {
    suspect(shelf(book_shelf::tried).buckets[bucket_of(id, what)], id);
    return std::nullopt;
  }
  std::optional<book_entry> demoted;
  if (victim) {
    demoted = *find(*victim);
    demoted->shelf = book_shelf::fresh;
    remove(*victim);
  }
  remove(id);
  insert(id, std::move(what));
  // It has failed lately, or it would not have lost its place. That is no
  // reason to push out others.
  if (demoted) {
    auto nobody = [](const node_id&) { return 0u; };
    if (find_room(*victim, *demoted, nobody).found)
      insert(*victim, std::move(*demoted));
  }
  return victim;
}

/// Which one of them is to be tested follows from who came: whoever comes anew
/// has others tested.
void address_book::suspect(const std::vector<node_id>& bucket,
                           const node_id& newcomer) {
  if (suspects_.size() < shares::suspects_max)
    suspects_.insert(
        bucket[hash_({"suspect", to_string(newcomer)}) % bucket.size()]);
}

// -- draws --------------------------------------------------------------------

std::optional<node_id> address_book::draw(entropy& random) const {
  const auto fresh = size(book_shelf::fresh);
  const auto tried = size(book_shelf::tried);
  if (fresh == 0 || tried == 0)
    return draw(fresh > 0 ? book_shelf::fresh : book_shelf::tried, random);
  return draw(random.below(4) < shares::tried_quarters ? book_shelf::tried
                                                       : book_shelf::fresh,
              random);
}

std::optional<node_id> address_book::draw(book_shelf from,
                                          entropy& random) const {
  const auto& on = shelf(from);
  if (on.size == 0)
    return std::nullopt;
  // A group with one peer counts half of one with two or more.
  const std::vector<node_id>* members = nullptr;
  for (int i = 0; i < draws_max; ++i) {
    members = &on.groups.at(on.names[random.below(on.names.size())]).members;
    if (random.below(shares::weight_per_group) < members->size())
      break;
  }
  return (*members)[random.below(members->size())];
}

std::optional<node_id> address_book::take_suspect() {
  if (suspects_.empty())
    return std::nullopt;
  return suspects_.extract(suspects_.begin()).value();
}

// -- numbers ------------------------------------------------------------------

size_t address_book::told_by(const node_id& source) const {
  auto i = told_.find(source);
  return i != told_.end() ? i->second.size() : 0;
}

size_t address_book::of_group(book_shelf which,
                              const std::string& group) const {
  auto i = shelf(which).groups.find(group);
  return i != shelf(which).groups.end() ? i->second.members.size() : 0;
}

} // namespace troupe
