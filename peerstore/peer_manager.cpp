// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/peer_manager.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace troupe {

namespace {

/// Orders addresses by where they lead, no matter who is said to answer.
struct by_location {
  bool operator()(const node_address* a, const node_address* b) const {
    return std::tie(a->hostname, a->port, a->path, a->protocol)
           < std::tie(b->hostname, b->port, b->path, b->protocol);
  }
};

/// Addresses that a connection or a dial leads to right now.
class location_set {
public:
  void insert(const node_address& address) {
    // Without host name the ID is the location, and no two peers share it.
    if (!address.hostname.empty())
      content_.insert(&address);
  }

  [[nodiscard]] bool contains(const node_address& address) const {
    return content_.count(&address) != 0;
  }

private:
  std::set<const node_address*, by_location> content_;
};

/// Puts whom to dial first in front. The ID only makes the order a total one.
auto dial_order(const node_id& id, const peer_record& peer,
                const address_record& known) {
  return std::tuple{peer.kind != peer_class::persistent, known.failures,
                    std::max(peer.dialable_at, known.retry_at), id};
}

} // namespace

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
    max_connected_(options.max_connected),
    max_outgoing_(options.max_outgoing),
    dial_deadline_(options.dial_deadline),
    peers_(options, random) {
  for (const auto& address : options.persistent_peers)
    if (address.id != own_)
      peers_.add(address, peer_class::persistent);
}

// -- what is known ------------------------------------------------------------

result<bool> peer_manager::add(const node_address& address) {
  if (auto bad = validate(address); bad.code != errc::none)
    return bad;
  if (address.id == own_)
    return false;
  return peers_.add(address, peer_class::ordinary);
}

// -- dialing ------------------------------------------------------------------

std::optional<node_address> peer_manager::dial_next(time_point now) {
  expire_dials(now);
  if (!may_dial_more())
    return std::nullopt;
  using order = decltype(dial_order({}, {}, {}));
  std::optional<std::pair<order, const node_address*>> best;
  each_candidate([&](const node_id& id, const peer_record& peer,
                     const address_record& known) {
    if (peer.dialable_at > now || known.retry_at > now)
      return;
    auto rank = dial_order(id, peer, known);
    if (!best || rank < best->first)
      best.emplace(rank, &known.address);
  });
  if (!best)
    return std::nullopt;
  const auto& address = *best->second;
  dials_.emplace(address.id, dial{address, after(now, dial_deadline_)});
  return address;
}

std::optional<time_point> peer_manager::next_wakeup() const {
  std::optional<time_point> earliest;
  auto consider = [&earliest](time_point when) {
    earliest = earliest ? std::min(*earliest, when) : when;
  };
  for (const auto& [id, attempt] : dials_)
    consider(attempt.deadline);
  if (may_dial_more())
    each_candidate([&](const node_id&, const peer_record& peer,
                       const address_record& known) {
      consider(std::max(peer.dialable_at, known.retry_at));
    });
  return earliest;
}

errc peer_manager::dial_failed(const node_address& address, time_point now) {
  if (dials_.erase(address.id) == 0)
    return errc::unknown_peer;
  peers_.dial_failed(address, now);
  return errc::none;
}

admission peer_manager::dialed(const node_address& address, time_point now) {
  // Whatever the verdict, this dial is over.
  dials_.erase(address.id);
  if (address.id == own_)
    return {.code = errc::self_connection};
  if (!peers_.contains(address.id))
    return {.code = errc::unknown_peer};
  if (auto code = check_admission(address.id, direction::outbound);
      code != errc::none)
    return {.code = code};
  peers_.dial_succeeded(address);
  return admit(address.id,
               {.way = direction::outbound, .since = now, .address = address});
}

// A dialer that got lost must not keep its peer and its slot for ever.
void peer_manager::expire_dials(time_point now) {
  for (auto i = dials_.begin(); i != dials_.end();) {
    if (i->second.deadline > now) {
      ++i;
      continue;
    }
    peers_.dial_failed(i->second.address, now);
    i = dials_.erase(i);
  }
}

// A dial takes the slots of the connection that it may become. Otherwise many
// dials at once would all succeed and most of them be refused.
bool peer_manager::may_dial_more() const {
  auto takes_slot = [this](const auto& attempt) {
    return connections_.count(attempt.first) == 0;
  };
  auto pending = static_cast<size_t>(
      std::count_if(dials_.begin(), dials_.end(), takes_slot));
  if (max_connected_ && connections_.size() + pending >= *max_connected_)
    return false;
  return !max_outgoing_ || outgoing() + dials_.size() < *max_outgoing_;
}

template <class Visitor>
void peer_manager::each_candidate(Visitor visit) const {
  // Only one node answers at a location: while it does under one ID, dialing it
  // for another one is bound to fail. What counts is where we really dialed, so
  // that nobody can make a peer unreachable by claiming its address.
  location_set in_use;
  for (const auto& [id, attempt] : dials_)
    in_use.insert(attempt.address);
  for (const auto& [id, which] : connections_)
    in_use.insert(which.address);
  for (const auto& [id, peer] : peers_.records()) {
    if (dials_.count(id) != 0 || connections_.count(id) != 0)
      continue;
    for (const auto& known : peer.addresses)
      if (!in_use.contains(known.address))
        visit(id, peer, known);
  }
}

// -- connections --------------------------------------------------------------

admission peer_manager::accepted(const node_id& id, time_point now) {
  if (id == own_)
    return {.code = errc::self_connection};
  if (auto code = check_admission(id, direction::inbound); code != errc::none)
    return {.code = code};
  peers_.came_in(id);
  return admit(id, {.way = direction::inbound, .since = now});
}

errc peer_manager::ready(const connection_ref& which, peer_info info) {
  auto* found = find(which);
  if (found == nullptr)
    return errc::not_connected;
  if (found->evict_reason != errc::none)
    return found->evict_reason;
  if (found->info)
    return errc::invalid_state;
  found->info = std::move(info);
  updates_.push_back(up_update(which.peer, *found));
  return errc::none;
}

errc peer_manager::errored(const connection_ref& which, errc reason) {
  auto* found = find(which);
  if (found == nullptr)
    return errc::not_connected;
  if (found->evict_reason == errc::none)
    found->evict_reason = reason != errc::none ? reason : errc::evicted;
  return errc::none;
}

std::optional<eviction> peer_manager::evict_next() {
  for (auto& [id, which] : connections_) {
    if (which.evict_reason == errc::none || which.evicting)
      continue;
    which.evicting = true;
    return eviction{{id, which.generation}, which.evict_reason};
  }
  return std::nullopt;
}

errc peer_manager::disconnected(const connection_ref& which, errc reason,
                                time_point now) {
  auto* found = find(which);
  if (found == nullptr)
    return errc::not_connected;
  // How the connection broke in the end says less than why we broke it.
  auto cause = found->evict_reason != errc::none ? found->evict_reason : reason;
  announce_down(which.peer, *found, cause);
  peers_.left(which.peer, now - found->since, now);
  connections_.erase(which.peer);
  return errc::none;
}

errc peer_manager::check_admission(const node_id& id, direction way) const {
  auto existing = connections_.find(id);
  if (existing != connections_.end()) {
    if (existing->second.way == way || !survives(id, way))
      return errc::already_connected;
  } else if (max_connected_ && connections_.size() >= *max_connected_) {
    return errc::too_many_peers;
  }
  if (way == direction::outbound && max_outgoing_
      && outgoing() >= *max_outgoing_)
    return errc::too_many_peers;
  return errc::none;
}

// When two nodes dial each other at the same time, both have to close the same
// one of the two connections, and neither knows what the other has seen so far.
bool peer_manager::survives(const node_id& id, direction way) const {
  return (way == direction::outbound) == (own_ < id);
}

admission peer_manager::admit(const node_id& id, connection fresh) {
  admission verdict;
  if (auto existing = connections_.find(id); existing != connections_.end()) {
    verdict.replaces = existing->second.generation;
    announce_down(id, existing->second, errc::already_connected);
    connections_.erase(existing);
  }
  fresh.generation = ++last_generation_;
  verdict.generation = fresh.generation;
  connections_.emplace(id, std::move(fresh));
  return verdict;
}

peer_manager::connection* peer_manager::find(const connection_ref& which) {
  auto i = connections_.find(which.peer);
  // A late report must not hit the next connection to the same peer.
  if (i == connections_.end() || i->second.generation != which.generation)
    return nullptr;
  return &i->second;
}

// -- peer updates -------------------------------------------------------------

peer_update peer_manager::up_update(const node_id& id,
                                    const connection& which) {
  return {.peer = id,
          .status = peer_status::up,
          .generation = which.generation,
          .way = which.way,
          .info = *which.info};
}

void peer_manager::announce_down(const node_id& id, const connection& gone,
                                 errc reason) {
  if (gone.info)
    updates_.push_back({.peer = id,
                        .status = peer_status::down,
                        .generation = gone.generation,
                        .way = gone.way,
                        .reason = reason});
}

std::vector<peer_update> peer_manager::take_updates() {
  return std::exchange(updates_, {});
}

std::vector<peer_update> peer_manager::snapshot() const {
  std::vector<peer_update> result;
  for (const auto& [id, which] : connections_)
    if (which.info)
      result.push_back(up_update(id, which));
  return result;
}

// -- queries ------------------------------------------------------------------

size_t peer_manager::outgoing() const {
  auto is_outbound = [](const auto& entry) {
    return entry.second.way == direction::outbound;
  };
  return static_cast<size_t>(
      std::count_if(connections_.begin(), connections_.end(), is_outbound));
}

std::vector<node_id> peer_manager::peers() const {
  std::vector<node_id> result;
  result.reserve(peers_.records().size());
  for (const auto& [id, peer] : peers_.records())
    result.push_back(id);
  return result;
}

std::vector<node_address> peer_manager::addresses(const node_id& id) const {
  std::vector<node_address> result;
  const auto& records = peers_.records();
  if (auto peer = records.find(id); peer != records.end())
    for (const auto& known : peer->second.addresses)
      result.push_back(known.address);
  return result;
}

peer_status peer_manager::status(const node_id& id) const {
  auto which = connections_.find(id);
  return which != connections_.end() && which->second.info ? peer_status::up
                                                           : peer_status::down;
}

std::optional<connection_ref>
peer_manager::connection_to(const node_id& id) const {
  auto which = connections_.find(id);
  if (which == connections_.end())
    return std::nullopt;
  return connection_ref{id, which->second.generation};
}

peer_manager_view peer_manager::view() const {
  peer_manager_view result;
  result.own = own_;
  result.limits = {max_connected_, 0, max_outgoing_, {}};
  for (const auto& [id, which] : connections_)
    result.connections.push_back({id, which.generation, which.way,
                                  which.info.has_value(), which.evict_reason,
                                  which.evicting});
  for (const auto& [id, attempt] : dials_)
    result.dials.push_back({attempt.address, attempt.deadline});
  result.stored = peers_.records().size();
  return result;
}

} // namespace troupe
