// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/book_merge.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe::command {

namespace {

stored_address to_stored(const book_entry& entry) {
  stored_address result{.address = entry.address,
                        .failures = entry.attempts,
                        .last_success = entry.last_success};
  if (entry.attempts > 0)
    result.last_failure = entry.last_attempt;
  return result;
}

bool knows(const stored_peer& peer, const node_address& address) {
  return std::any_of(
      peer.addresses.begin(), peer.addresses.end(),
      [&address](const auto& x) { return x.address == address; });
}

} // namespace

book_merge merge_book(const std::vector<stored_peer>& stored,
                      const std::vector<book_entry>& entries,
                      const node_id& own, wall_time now) {
  book_merge result;
  std::map<node_id, stored_peer> peers;
  std::set<node_id> strangers;
  std::set<node_id> changed;
  for (const auto& peer : stored)
    peers.emplace(peer.id, peer);
  for (const auto& entry : entries) {
    const auto& id = entry.address.id;
    if (id == own) {
      ++result.refused;
      continue;
    }
    auto [i, is_new] = peers.try_emplace(id, stored_peer{.id = id});
    auto& peer = i->second;
    if (is_new)
      strangers.insert(id);
    if (strangers.count(id) > 0 && entry.banned_until
        && *entry.banned_until > now)
      peer.ban = stored_ban{*entry.banned_until, "imported"};
    if (knows(peer, entry.address)) {
      ++result.known;
    } else if (peer.addresses.size() >= stored_addresses_max) {
      ++result.refused;
    } else {
      peer.addresses.push_back(to_stored(entry));
      ++result.fresh;
      changed.insert(id);
    }
  }
  for (const auto& id : changed)
    result.changes.put.push_back(std::move(peers.at(id)));
  return result;
}

std::vector<book_entry> to_book(const std::vector<stored_peer>& stored,
                                wall_time now, size_t& left_out) {
  std::vector<book_entry> result;
  left_out = 0;
  for (const auto& peer : stored) {
    if ((peer.ban && peer.ban->until > now) || peer.incompatible) {
      ++left_out;
      continue;
    }
    for (const auto& x : peer.addresses)
      result.push_back(
          {.address = x.address,
           .attempts = x.failures,
           .last_attempt = std::max(x.last_failure, x.last_success),
           .last_success = x.last_success});
  }
  return result;
}

} // namespace troupe::command
