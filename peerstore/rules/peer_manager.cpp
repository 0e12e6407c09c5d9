// SPDX-License-Identifier: Apache-2.0

// What is known about peers, and what follows from it for the indices.

#include "troupe/peerstore/rules/peer_manager.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe {

result<peer_manager> peer_manager::make(const node_id& own,
                                        const peer_manager_options& options,
                                        entropy& random) {
  if (!own)
    return failure{errc::invalid_node_id, "the node's own ID is null"};
  if (auto bad = validate(options, own); bad.code != errc::none)
    return bad;
  return peer_manager{own, options, random};
}

peer_manager::peer_manager(const node_id& own,
                           const peer_manager_options& options, entropy& random)
  : own_(own),
    options_(options),
    slots_(limits_of(options)),
    random_(&random),
    peers_(own, options, random) {
  for (const auto& address : options.persistent_peers) {
    if (address.id == own_)
      continue;
    peers_.add_address(peers_.obtain(address.id), address, true);
    changed(address.id);
  }
}

// -- what is known ------------------------------------------------------------

result<bool> peer_manager::add(const node_address& address) {
  if (auto bad = validate(address); bad.code != errc::none)
    return bad;
  if (address.id == own_ || self_.contains(address))
    return false;
  auto& peer = peers_.obtain(address.id);
  auto added = !peer.blocked && peers_.add_address(peer, address, false);
  if (added) {
    peer.incompatible.reset();
    changed(address.id);
    prune();
  } else {
    // Whoever is new and got no place leaves nothing behind.
    forget_if_pointless(address.id);
  }
  // It may have been the worst of all.
  return added && peers_.find(address.id) != nullptr;
}

/// Makes what time alone changes happen.
void peer_manager::tick(time_point now) {
  now_ = std::max(now_, now);
  free_queue_.advance(now_);
  counted_queue_.advance(now_);
  // A dialer that got lost must not keep its peer and its slot for ever.
  while (auto oldest = dials_.oldest()) {
    if (oldest->first > now_)
      break;
    auto lost = end_dial(oldest->second);
    note_failure(lost->address, {errc::timeout, {}});
  }
  while (auto id = peers_.next_free(now_)) {
    peers_.lift_ban(*id);
    changed(*id);
    forget_if_pointless(*id);
  }
  prune();
}

/// Puts a peer where it belongs after its record, or what goes on, changed.
void peer_manager::changed(const node_id& id) {
  auto* peer = peers_.find(id);
  if (peer == nullptr)
    return;
  peer->busy = connections_.to(id) != nullptr || dials_.find(id) != nullptr;
  peers_.reindex(id, now_);
  requeue(id);
}

void peer_manager::requeue(const node_id& id) {
  auto* peer = peers_.find(id);
  if (peer == nullptr)
    return;
  auto& queue = queue_of(*peer);
  // Configured peers that do not fit wait instead: `mark_incompatible`.
  auto hopeless = peer->incompatible && !peer->configured() && !peer->urgent;
  if (peer->busy || peer->blocked || hopeless) {
    queue.remove(id, *peer);
    return;
  }
  std::optional<time_point> from;
  for (const auto& known : peer->addresses)
    if (!peers_.locations.occupied(known.address))
      from = from ? std::min(*from, known.retry_at) : known.retry_at;
  if (!from) {
    queue.remove(id, *peer);
    return;
  }
  from = std::max({*from, peer->dialable_at, peer->held_until});
  if (peer->ban)
    from = std::max(*from, peer->ban->until);
  queue.put(id, *peer, *from);
}

/// Only one peer at a time is dialed at a location.
void peer_manager::requeue_claimants(const node_address& where) {
  for (const auto& id : peers_.locations.claimants(where))
    requeue(id);
}

dial_queue& peer_manager::queue_of(const peer_record& peer) {
  return peer.kind == peer_class::unconditional ? free_queue_ : counted_queue_;
}

void peer_manager::forget(const node_id& id) {
  if (auto* peer = peers_.find(id))
    queue_of(*peer).remove(id, *peer);
  peers_.erase(id);
}

/// Strangers come and go with fresh IDs as they like, and must not fill our
/// memory with them.
void peer_manager::forget_if_pointless(const node_id& id) {
  const auto* peer = peers_.find(id);
  if (peer != nullptr && !peer->busy
      && !is_memorable(*peer, now_, options_.score))
    forget(id);
}

void peer_manager::prune() {
  while (peers_.ranked() > options_.max_peers) {
    auto worst = peers_.worst();
    if (!worst)
      return;
    forget(*worst);
  }
}

// -- peer updates -------------------------------------------------------------

namespace {

/// Notices that wait to be taken; older ones are dropped.
constexpr size_t notices_max = 256;

peer_update up_update(const node_id& id, const live_connection& which) {
  return {.peer = id,
          .status = peer_status::up,
          .generation = which.generation,
          .way = which.way,
          .info = *which.info};
}

} // namespace

errc peer_manager::ready(const connection_ref& which, peer_info info) {
  const auto* found = connections_.find(which);
  if (found == nullptr)
    return errc::not_connected;
  if (found->evict_reason != errc::none)
    return found->evict_reason;
  if (found->info)
    return errc::invalid_state;
  connections_.update(which.peer,
                      [&info](auto& what) { what.info = std::move(info); });
  updates_.push_back(up_update(which.peer, *found));
  return errc::none;
}

/// Says that a peer has to wait, and why, if it is worth a word.
void peer_manager::announce_wait(const node_id& id) {
  const auto* peer = peers_.find(id);
  if (peer == nullptr || peer->busy || !peer->queued
      || *peer->queued <= after(now_, wait_worth_a_notice))
    return;
  auto about = describe(id, *peer);
  if (about.state != peer_state::backing_off)
    return;
  if (notices_.size() == notices_max)
    notices_.pop_front();
  notices_.push_back({id, *about.wait, std::move(about.explanation)});
}

std::optional<wait_notice> peer_manager::next_notice() {
  if (notices_.empty())
    return std::nullopt;
  auto result = std::move(notices_.front());
  notices_.pop_front();
  return result;
}

std::vector<peer_update> peer_manager::take_updates() {
  return std::exchange(updates_, {});
}

std::vector<peer_update> peer_manager::snapshot() const {
  std::vector<peer_update> result;
  for (const auto& [id, which] : connections_.all())
    if (which.info)
      result.push_back(up_update(id, which));
  return result;
}

// -- queries ------------------------------------------------------------------

std::vector<node_id> peer_manager::peers() const {
  std::vector<node_id> result;
  result.reserve(peers_.records().size());
  for (const auto& [id, peer] : peers_.records())
    result.push_back(id);
  return result;
}

std::vector<node_address> peer_manager::addresses(const node_id& id) const {
  std::vector<node_address> result;
  if (const auto* peer = peers_.find(id))
    for (const auto& known : peer->addresses)
      result.push_back(known.address);
  return result;
}

peer_status peer_manager::status(const node_id& id) const {
  const auto* which = connections_.to(id);
  return which != nullptr && which->info ? peer_status::up : peer_status::down;
}

std::optional<connection_ref>
peer_manager::connection_to(const node_id& id) const {
  const auto* which = connections_.to(id);
  if (which == nullptr)
    return std::nullopt;
  return connection_ref{id, which->generation};
}

std::optional<node_address>
peer_manager::dialed_address(const node_id& id) const {
  const auto* which = connections_.to(id);
  if (which == nullptr || which->way == direction::inbound)
    return std::nullopt;
  return which->address;
}

peer_manager_view peer_manager::view() const {
  peer_manager_view result;
  result.own = own_;
  result.limits = slots_.limits();
  result.settling = settling_;
  for (const auto& [id, which] : connections_.all())
    result.connections.push_back({id, which.generation, which.way,
                                  which.info.has_value(), which.evict_reason,
                                  which.evicting, which.counted, which.subnet});
  for (const auto& [id, attempt] : dials_.all())
    result.dials.push_back(
        {attempt.address, attempt.deadline, attempt.counted});
  for (const auto& [from, to] : dials_.upgrades())
    result.upgrading.push_back({from, to});
  result.stored = peers_.ranked();
  result.max_peers = options_.max_peers;
  result.prunable
      = result.stored > result.max_peers && peers_.worst().has_value();
  return result;
}

size_t peer_manager::steps() const {
  return free_queue_.steps() + counted_queue_.steps() + peers_.steps();
}

} // namespace troupe
