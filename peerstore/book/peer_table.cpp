// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/peer_table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace troupe {

namespace {

std::set<node_id> to_set(const std::vector<node_id>& ids) {
  return {ids.begin(), ids.end()};
}

} // namespace

peer_table::peer_table(const node_id& own, const peer_manager_options& options,
                       entropy& random)
  : own_(own),
    salt_(random.below(std::numeric_limits<uint64_t>::max())),
    score_(options.score),
    max_addresses_(options.max_addresses),
    max_ids_per_location_(options.max_ids_per_location),
    unconditional_(to_set(options.unconditional_peers)),
    private_(to_set(options.private_peers)),
    blocked_(to_set(options.blocked_peers)) {
  for (const auto& address : options.persistent_peers)
    persistent_.insert(address.id);
  for (const auto& address : options.preferred_peers)
    preferred_.insert(address.id);
}

// -- records ------------------------------------------------------------------

peer_record* peer_table::find(const node_id& id) {
  auto i = records_.find(id);
  return i != records_.end() ? &i->second : nullptr;
}

const peer_record* peer_table::find(const node_id& id) const {
  auto i = records_.find(id);
  return i != records_.end() ? &i->second : nullptr;
}

/// The same for as long as we run: who is forgotten and comes back draws no
/// second lot.
uint64_t peer_table::lot_of(const node_id& id) const {
  // Any mixing will do that nobody can follow without the salt.
  auto mix = [](uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
    return x ^ (x >> 33);
  };
  auto result = salt_;
  auto rest = id.bytes();
  for (size_t i = 0; i < rest.size(); i += 4) {
    uint32_t word = 0;
    std::memcpy(&word, rest.data() + i, sizeof(word));
    result = mix(result ^ word);
  }
  return result;
}

peer_record& peer_table::obtain(const node_id& id) {
  auto [i, fresh] = records_.try_emplace(id);
  auto& peer = i->second;
  if (!fresh)
    return peer;
  peer.lot = lot_of(id);
  peer.persistent = persistent_.count(id) != 0;
  peer.preferred = preferred_.count(id) != 0;
  peer.is_private = private_.count(id) != 0;
  peer.blocked = blocked_.count(id) != 0;
  if (unconditional_.count(id) != 0)
    peer.kind = peer_class::unconditional;
  else if (peer.persistent)
    peer.kind = peer_class::persistent;
  else if (peer.preferred)
    peer.kind = peer_class::preferred;
  return peer;
}

void peer_table::erase(const node_id& id) {
  auto i = records_.find(id);
  if (i == records_.end())
    return;
  auto& peer = i->second;
  unrank(id, peer);
  for (const auto& known : peer.addresses)
    locations.unclaim(known.address);
  if (peer.stored)
    dirty_.insert(id);
  else
    dirty_.erase(id);
  records_.erase(i);
}

void peer_table::reindex(const node_id& id, time_point now) {
  auto* peer = find(id);
  if (peer == nullptr)
    return;
  unrank(id, *peer);
  auto why = explain_score(*peer, now);
  peer->rank
      = standing::of(peer->kind, why.total() - why.base, now, score_.half_life);
  if (!peer->ban) {
    peer->ranked_answered = peer->has_answered();
    ranking_.insert({peer->rank, peer->ranked_answered, peer->lot, id});
    peer->ranked = true;
  }
  // A stranger is nothing to write home about before it did something.
  if (peer->stored || is_memorable(*peer, now))
    dirty_.insert(id);
}

void peer_table::unrank(const node_id& id, peer_record& peer) {
  if (!peer.ranked)
    return;
  ranking_.erase({peer.rank, peer.ranked_answered, peer.lot, id});
  peer.ranked = false;
}

size_t peer_table::persistent() const {
  auto needs_slot = [this](const node_id& id) {
    return id != own_ && !is_unconditional(id);
  };
  return static_cast<size_t>(
      std::count_if(persistent_.begin(), persistent_.end(), needs_slot));
}

// -- addresses ----------------------------------------------------------------

bool peer_table::add_address(peer_record& peer, const node_address& address,
                             bool configured) {
  if (auto* known = peer.find(address)) {
    known->configured = known->configured || configured;
    return false;
  }
  auto& all = peer.addresses;
  auto replaceable = [](const address_record& known) {
    return !known.configured && known.failures > 0;
  };
  auto gossiped = std::count_if(all.begin(), all.end(),
                                [](const auto& x) { return !x.configured; });
  auto victim = all.end();
  if (!configured && static_cast<size_t>(gossiped) >= max_addresses_) {
    for (auto i = all.begin(); i != all.end(); ++i)
      if (replaceable(*i)
          && (victim == all.end() || i->failures > victim->failures))
        victim = i;
    if (victim == all.end())
      return false;
  }
  auto limit
      = configured ? std::numeric_limits<size_t>::max() : max_ids_per_location_;
  if (!locations.claim(address, limit))
    return false;
  if (victim != all.end())
    remove_address(peer, node_address{victim->address});
  all.push_back({.address = address, .configured = configured});
  return true;
}

void peer_table::drop_address(peer_record& peer, const node_address& address) {
  auto* known = peer.find(address);
  if (known != nullptr && !known->configured)
    remove_address(peer, address);
}

void peer_table::remove_address(peer_record& peer,
                                const node_address& address) {
  std::erase_if(peer.addresses,
                [&](const auto& x) { return x.address == address; });
  // Another address may lead to the same place.
  locations.unclaim(address);
  for (const auto& known : peer.addresses)
    locations.claim(known.address, std::numeric_limits<size_t>::max());
}

// -- order --------------------------------------------------------------------

double peer_table::score_of(const node_id& id, time_point now) const {
  const auto* peer = find(id);
  if (peer == nullptr)
    return base_score(peer_class::ordinary);
  auto total = explain_score(*peer, now).total();
  return peer->urgent ? std::max(total, base_score(peer_class::persistent))
                      : total;
}

std::optional<node_id> peer_table::worst() const {
  for (const auto& place : ranking_) {
    if (place.rank.kind != peer_class::ordinary)
      break;
    if (!records_.at(place.id).busy)
      return place.id;
  }
  return std::nullopt;
}

} // namespace troupe
