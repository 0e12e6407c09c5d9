// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/peer_manager_view.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "troupe/peerstore/rules/slots.hpp"

namespace troupe::testing {

namespace {

using verdict = std::optional<std::string>;

using connection_map = std::map<node_id, const peer_manager_view::connection*>;

verdict check_connection(const peer_manager_view& view,
                         const peer_manager_view::connection& which) {
  if (!which.peer)
    return "there is a connection to nobody";
  if (which.peer == view.own)
    return "there is a connection to ourselves";
  if (which.generation == 0)
    return fmt::format("the connection to {} has no number", which.peer);
  if (which.evicting && which.evict == errc::none)
    return fmt::format("{} is being evicted for no reason", which.peer);
  return {};
}

verdict check_connections(const peer_manager_view& view, connection_map& seen) {
  std::set<uint64_t> generations;
  for (const auto& which : view.connections) {
    if (auto bad = check_connection(view, which))
      return bad;
    if (!seen.emplace(which.peer, &which).second)
      return fmt::format("there are two connections to {}", which.peer);
    if (!generations.insert(which.generation).second)
      return fmt::format("two connections have the number {}",
                         which.generation);
  }
  return {};
}

verdict check_dials(const peer_manager_view& view, std::set<node_id>& seen) {
  for (const auto& attempt : view.dials) {
    if (!attempt.address.id)
      return "nobody is being dialed";
    if (attempt.address.id == view.own)
      return "we dial ourselves";
    if (!seen.insert(attempt.address.id).second)
      return fmt::format("{} is being dialed twice", attempt.address.id);
  }
  return {};
}

verdict check_reservations(const peer_manager_view& view,
                           const connection_map& connections,
                           const std::set<node_id>& dials) {
  std::set<node_id> from;
  std::set<node_id> to;
  for (const auto& upgrade : view.upgrading) {
    if (!from.insert(upgrade.from).second)
      return fmt::format("{} is to make way for two peers", upgrade.from);
    if (!to.insert(upgrade.to).second)
      return fmt::format("two peers are to make way for {}", upgrade.to);
    auto victim = connections.find(upgrade.from);
    if (victim == connections.end())
      return fmt::format("{} is to make way and not connected", upgrade.from);
    if (!victim->second->counted)
      return fmt::format("{} is to make way and takes no slot", upgrade.from);
    if (dials.count(upgrade.to) == 0)
      return fmt::format("{} has a reservation and is not being dialed",
                         upgrade.to);
  }
  return {};
}

size_t count_if_counted(const peer_manager_view& view,
                        std::optional<direction> way, bool condemned_too) {
  auto counts = [&](const auto& which) {
    return which.counted && (!way || which.way == *way)
           && (condemned_too || which.evict == errc::none);
  };
  return static_cast<size_t>(
      std::count_if(view.connections.begin(), view.connections.end(), counts));
}

verdict check_counts(const peer_manager_view& view, size_t before) {
  const auto& limits = view.limits;
  auto all = count_limited(view);
  if (limits.max_connected && all > before
      && all > *limits.max_connected + limits.max_connected_upgrade)
    return fmt::format("{} connections, at most {} + {} expected", all,
                       *limits.max_connected, limits.max_connected_upgrade);
  auto staying = count_if_counted(view, {}, false);
  if (limits.max_connected && staying > *limits.max_connected)
    return fmt::format("{} connections stay, at most {} expected", staying,
                       *limits.max_connected);
  auto outgoing = count_if_counted(view, direction::outbound, false);
  if (limits.max_outgoing && outgoing > *limits.max_outgoing)
    return fmt::format("{} outgoing connections, at most {} expected", outgoing,
                       *limits.max_outgoing);
  auto incoming = count_if_counted(view, direction::inbound, false);
  auto most = slots{limits}.incoming();
  if (most && incoming > *most)
    return fmt::format("{} incoming connections, at most {} expected", incoming,
                       *most);
  return {};
}

verdict check_subnets(const peer_manager_view& view) {
  auto most = slots{view.limits}.per_subnet();
  if (!most)
    return {};
  std::map<ip_network, size_t> counts;
  for (const auto& which : view.connections)
    if (which.counted && which.subnet && which.way == direction::inbound
        && which.evict == errc::none && ++counts[*which.subnet] > *most)
      return fmt::format("more than {} connections from {}", *most,
                         to_string(*which.subnet));
  return {};
}

} // namespace

peer_manager_view view_of(const peer_manager& core) {
  const auto& state = core.state();
  peer_manager_view result;
  result.own = core.own();
  result.limits = core.limits();
  for (const auto& [id, which] : state.connections.all())
    result.connections.push_back({id, which.generation, which.way,
                                  which.info.has_value(), which.evict_reason,
                                  which.evicting, which.counted, which.subnet,
                                  which.visits()});
  for (const auto& [id, attempt] : state.dials.all())
    result.dials.push_back({attempt.address, attempt.deadline, attempt.counted,
                            attempt.silent, attempt.answered});
  for (const auto& [from, to] : state.dials.upgrades())
    result.upgrading.push_back({from, to});
  result.stored = state.peers.ranked();
  result.max_peers = state.max_peers;
  result.prunable
      = result.stored > result.max_peers && state.peers.worst().has_value();
  return result;
}

size_t count_limited(const peer_manager_view& view) {
  return count_if_counted(view, {}, true);
}

std::optional<std::string> check_invariants(const peer_manager_view& view,
                                            size_t before) {
  connection_map connections;
  std::set<node_id> dials;
  if (auto bad = check_connections(view, connections))
    return bad;
  if (auto bad = check_dials(view, dials))
    return bad;
  if (auto bad = check_reservations(view, connections, dials))
    return bad;
  if (auto bad = check_counts(view, before))
    return bad;
  if (auto bad = check_subnets(view))
    return bad;
  if (view.stored > view.max_peers && view.prunable)
    return fmt::format("{} peers are known, at most {} expected", view.stored,
                       view.max_peers);
  return {};
}

std::optional<std::string> check_grant(const peer_manager_view& view) {
  std::set<node_id> connected;
  for (const auto& which : view.connections)
    connected.insert(which.peer);
  const auto hurried
      = std::any_of(view.dials.begin(), view.dials.end(),
                    [](const auto& x) { return x.counted && x.silent; });
  // In thirds, rounded up: the last dial was made while there was room.
  constexpr size_t whole = 3;
  size_t pending = 0;
  size_t dials = 0;
  for (const auto& attempt : view.dials) {
    if (!attempt.counted || attempt.silent)
      continue;
    const size_t share = hurried && !attempt.answered ? 1 : whole;
    dials += share;
    if (connected.count(attempt.address.id) == 0)
      pending += share;
  }
  pending = (pending + whole - 1) / whole;
  dials = (dials + whole - 1) / whole;
  const auto& limits = view.limits;
  auto all = count_limited(view) + pending;
  if (limits.max_connected
      && all > *limits.max_connected + limits.max_connected_upgrade)
    return fmt::format("{} connections and dials, at most {} + {} expected",
                       all, *limits.max_connected,
                       limits.max_connected_upgrade);
  auto outgoing = count_if_counted(view, direction::outbound, true) + dials;
  if (limits.max_outgoing
      && outgoing > *limits.max_outgoing + limits.max_connected_upgrade)
    return fmt::format("{} outgoing connections and dials, at most {} + {} "
                       "expected",
                       outgoing, *limits.max_outgoing,
                       limits.max_connected_upgrade);
  return {};
}

} // namespace troupe::testing
