// SPDX-License-Identifier: Apache-2.0

// What a caller knows to be right or wrong.

#include <algorithm>

#include "model_caller.hpp"

namespace troupe::test {

void caller::check() {
  check_updates();
  auto view = w.view();
  auto broken = check_invariants(view, limited);
  limited = count_limited(view);
  REQUIRE_MESSAGE(!broken, broken.value_or(""));
  REQUIRE(view.connections.size() == live.size());
  for (const auto& which : view.connections) {
    auto known = live.find(which.peer);
    REQUIRE(known != live.end());
    REQUIRE(known->second.generation == which.generation);
    REQUIRE(known->second.way == which.way);
    REQUIRE(known->second.up == which.ready);
    REQUIRE(known->second.evicting == which.evicting);
    known->second.condemned = which.evict != errc::none;
    if (known->second.visit_ends && *known->second.visit_ends <= w.now)
      REQUIRE(known->second.condemned);
  }
  REQUIRE(view.dials.size() == dials.size());
  for (const auto& attempt : view.dials)
    REQUIRE(dials.count(attempt.address.id) == 1);
}

void caller::inspect() {
  std::map<peer_class, std::pair<double, double>> bands;
  for (const auto& about : w.core.list(SIZE_MAX, w.now)) {
    REQUIRE(about.peer != peer(world::own));
    auto total = about.score.total();
    auto [i, fresh] = bands.try_emplace(about.kind, total, total);
    i->second.first = std::min(i->second.first, total);
    i->second.second = std::max(i->second.second, total);
  }
  auto below = [&bands](peer_class a, peer_class b) {
    if (bands.count(a) != 0 && bands.count(b) != 0)
      REQUIRE(bands[a].second < bands[b].first);
  };
  below(peer_class::ordinary, peer_class::persistent);
  below(peer_class::persistent, peer_class::unconditional);
  for (const auto& x : w.core.advertise(peer('a'), 100, w.now)) {
    REQUIRE(x.id != peer('a'));
    REQUIRE(x.id != peer('s'));
    REQUIRE(x.id != peer('y'));
  }
}

void caller::judge(const node_id& id, direction way,
                   const std::string& protocol, const admission& verdict) {
  auto existing = live.find(id);
  if (verdict.code != errc::none) {
    REQUIRE(verdict.generation == 0);
    REQUIRE_FALSE(verdict.replaces.has_value());
    ++refusals;
    return;
  }
  REQUIRE(id != peer(world::own));
  REQUIRE(banned.count(id) == 0);
  REQUIRE(verdict.generation > last_generation);
  last_generation = verdict.generation;
  ++admissions;
  REQUIRE(verdict.replaces.has_value() == (existing != live.end()));
  if (verdict.replaces) {
    REQUIRE(*verdict.replaces == existing->second.generation);
    const auto was_quic = existing->second.protocol == "quic";
    const auto is_quic = protocol == "quic";
    auto simultaneous
        = existing->second.way != way && (is_quic || !was_quic)
          && (way == direction::outbound) == (peer(world::own) < id);
    auto better
        = is_quic && !was_quic
          && (way == direction::outbound || !existing->second.visit_ends);
    auto dead = way == direction::inbound && existing->second.probed
                && w.now - *existing->second.probed >= limits.probe_time;
    REQUIRE((simultaneous || better || dead));
    better_protocols += better ? 1 : 0;
    stale.push_back({id, existing->second.generation});
    ++replacements;
  }
  live_connection fresh{verdict.generation, way, protocol};
  if (w.core.state().connections.to(id)->visits())
    fresh.visit_ends = w.now + visit_time;
  else
    urgent.erase(id);
  live.insert_or_assign(id, fresh);
}

errc caller::expect_admission(const peer_manager_view& view, const node_id& id,
                              const std::optional<ip_network>& subnet,
                              const std::optional<peer_report>& about) {
  if (id == peer('u'))
    return errc::none;
  auto staying = count(view, {}, false);
  auto all = count(view, {}, true);
  const auto& now = view.limits;
  if (now.max_connected
      && all >= *now.max_connected + now.max_connected_upgrade)
    return errc::too_many_peers;
  auto full = now.max_connected && staying >= *now.max_connected;
  auto most = incoming_max(now);
  auto way_full = most && count(view, direction::inbound, false) >= *most;
  auto neighbours = std::count_if(
      view.connections.begin(), view.connections.end(), [&](const auto& x) {
        return x.counted && x.way == direction::inbound && x.subnet == subnet
               && x.evict == errc::none;
      });
  auto subnet_full = subnet && most
                     && static_cast<size_t>(neighbours)
                            >= (*most < 8 ? size_t{1} : *most / 4);
  if (!full && !way_full && !subnet_full)
    return errc::none;
  auto refusal = subnet_full ? errc::too_many_from_ip : errc::too_many_peers;
  if (!now.max_connected || now.max_connected_upgrade == 0)
    return refusal;
  peer_report stranger;
  stranger.peer = id;
  const auto& who = about ? *about : stranger;
  for (const auto& upgrade : view.upgrading) {
    auto from = std::find_if(
        view.connections.begin(), view.connections.end(),
        [&upgrade](const auto& x) { return x.peer == upgrade.from; });
    if (upgrade.to == id && from->evict == errc::none
        && (!way_full || from->way == direction::inbound)
        && (!subnet_full
            || (from->way == direction::inbound && from->subnet == subnet)))
      return errc::none;
  }
  auto way = way_full || subnet_full ? std::optional{direction::inbound}
                                     : std::nullopt;
  auto from = subnet_full ? subnet : std::nullopt;
  return has_victim(view, who, way, from) ? errc::none : refusal;
}

void caller::judge_accepted(const peer_manager_view& before, const node_id& id,
                            const std::optional<ip_network>& subnet,
                            const std::optional<endpoint>& from,
                            const std::optional<peer_report>& about,
                            const admission& verdict) {
  const auto expected = expect_admission(before, id, subnet, about);
  size_t visitors = 0;
  size_t neighbours = 0;
  for (const auto& x : before.connections) {
    visitors += x.visits;
    neighbours += x.visits && subnet && x.subnet == subnet;
  }
  const auto room = visitors < w.core.limits().max_visitors && neighbours == 0;
  const auto* which = w.core.state().connections.to(id);
  if (which != nullptr && which->visits()) {
    REQUIRE(expected != errc::none);
    REQUIRE(room);
    ++visits;
  } else if (verdict.code != expected) {
    judge_exchange(before, from, expected, verdict);
  } else {
    REQUIRE((expected == errc::none || !room));
  }
}

std::string caller::group_of(const endpoint& where) {
  const auto text = to_string(*where.ip);
  return text.substr(0, text.find('.', text.find('.') + 1));
}

std::string caller::group_of(const peer_manager_view::connection& which) {
  auto i = groups.find(which.peer);
  return i != groups.end() && i->second.first == which.generation
             ? i->second.second
             : std::string{};
}

size_t caller::count_group(const peer_manager_view& view,
                           const std::string& group) {
  size_t result = 0;
  for (const auto& x : view.connections)
    if (x.counted && x.way == direction::inbound && x.evict == errc::none
        && group_of(x) == group)
      ++result;
  return result;
}

void caller::judge_exchange(const peer_manager_view& before,
                            const std::optional<endpoint>& from, errc expected,
                            const admission& verdict) {
  REQUIRE(expected != errc::none);
  REQUIRE(verdict.code == errc::none);
  REQUIRE(from.has_value());
  const auto after = w.view();
  size_t victims = 0;
  for (const auto& x : before.connections) {
    auto now = std::find_if(after.connections.begin(), after.connections.end(),
                            [&x](const auto& y) { return y.peer == x.peer; });
    if (now == after.connections.end() || now->evict == x.evict)
      continue;
    ++victims;
    REQUIRE(now->evict == errc::evicted);
    REQUIRE(x.way == direction::inbound);
    REQUIRE(w.core.describe(x.peer, w.now)->kind == peer_class::ordinary);
    REQUIRE(count_group(before, group_of(x))
            >= count_group(before, group_of(*from)) + 2);
  }
  REQUIRE(victims == 1);
  ++exchanges;
}

std::optional<size_t> caller::incoming_max(const connection_limits& now) {
  if (now.max_incoming || !now.max_connected)
    return now.max_incoming;
  auto most = *now.max_connected;
  return most - std::min(most / 5, now.max_outgoing.value_or(most));
}

std::vector<peer_report> caller::candidates() {
  std::vector<peer_report> result;
  for (auto& about : w.core.list(SIZE_MAX, w.now)) {
    auto state = about.state;
    auto may = state == peer_state::waiting || state == peer_state::no_slot;
    // Not by what it says, but by what it is.
    auto due = about.cooldown == 0s && banned.count(about.peer) == 0
               && live.count(about.peer) == 0 && dials.count(about.peer) == 0
               && about.peer != peer('y') && state != peer_state::incompatible;
    due = due
          && std::any_of(about.addresses.begin(), about.addresses.end(),
                         [this](const auto& x) {
                           return x.wait == 0s && !in_use(x.address);
                         });
    CAPTURE(about.explanation);
    CAPTURE(to_string(about.peer));
    REQUIRE(may == due);
    if (due)
      result.push_back(std::move(about));
  }
  return result;
}

bool caller::in_use(const node_address& x) {
  for (const auto& attempt : w.view().dials)
    if (attempt.address.hostname == x.hostname
        && attempt.address.port == x.port)
      return true;
  auto place = std::pair{x.hostname, x.port};
  for (const auto& [id, where] : dialed_at)
    if (live.count(id) != 0 && live.at(id).generation == where.second
        && place == where.first)
      return true;
  return false;
}

size_t caller::count(const peer_manager_view& view,
                     std::optional<direction> way, bool condemned_too) {
  size_t result = 0;
  for (const auto& x : view.connections)
    if (x.counted && (!way || x.way == *way)
        && (condemned_too || x.evict == errc::none))
      ++result;
  return result;
}

std::pair<size_t, size_t> caller::count_dials(const peer_manager_view& view) {
  size_t pending = 0;
  size_t all = 0;
  for (const auto& x : view.dials) {
    if (!x.counted)
      continue;
    ++all;
    auto i = live.find(x.address.id);
    if (i == live.end() || i->second.visit_ends)
      ++pending;
  }
  return {pending, all};
}

bool caller::has_room(const peer_manager_view& view) {
  auto [pending, all] = count_dials(view);
  const auto& now = view.limits;
  if (now.max_connected
      && (count(view, {}, false) + pending >= *now.max_connected
          || count(view, {}, true) + pending
                 >= *now.max_connected + now.max_connected_upgrade))
    return false;
  return !now.max_outgoing
         || (count(view, direction::outbound, false) + all < *now.max_outgoing
             && count(view, direction::outbound, true) + all
                    < *now.max_outgoing + now.max_connected_upgrade);
}

bool caller::has_upgrade_room(const peer_manager_view& view) {
  auto [pending, all] = count_dials(view);
  const auto& now = view.limits;
  auto extra = now.max_connected_upgrade;
  return now.max_connected && extra > 0
         && count(view, {}, true) + pending < *now.max_connected + extra
         && (!now.max_outgoing
             || count(view, direction::outbound, true) + all
                    < *now.max_outgoing + extra);
}

std::optional<direction>
caller::dial_victim_way(const peer_manager_view& view) {
  auto [pending, all] = count_dials(view);
  const auto& most = view.limits.max_outgoing;
  if (most && count(view, direction::outbound, false) + all >= *most)
    return direction::outbound;
  return std::nullopt;
}

bool caller::has_victim(const peer_manager_view& view, const peer_report& who,
                        std::optional<direction> way,
                        const std::optional<ip_network>& subnet) {
  auto score = who.score.total();
  if (urgent.count(who.peer) != 0)
    score = std::max(score, base_score(peer_class::persistent));
  for (const auto& x : view.connections) {
    if (!x.counted || x.evict != errc::none || (way && x.way != *way)
        || (subnet && x.subnet != subnet))
      continue;
    auto reserved = std::any_of(
        view.upgrading.begin(), view.upgrading.end(),
        [&x](const auto& upgrade) { return upgrade.from == x.peer; });
    auto other = w.core.describe(x.peer, w.now);
    if (!reserved && other->kind == peer_class::ordinary
        && other->score.total() + limits.upgrade_margin <= score)
      return true;
  }
  return false;
}

void caller::check_updates() {
  for (const auto& update : w.core.take_updates()) {
    auto& last = up[update.peer];
    switch (update.status) {
      case peer_status::up:
        REQUIRE(last == 0);
        REQUIRE(update.info.moniker == "x");
        last = update.generation;
        break;
      case peer_status::down:
        REQUIRE(last == update.generation);
        REQUIRE(update.reason != errc::none);
        last = 0;
        break;
      case peer_status::banned:
        ++bans;
        break;
      default:
        REQUIRE((update.score_milli <= 1'000'000
                 && update.score_milli >= -1'000'000));
    }
  }
  for (const auto& [id, generation] : up) {
    auto which = live.find(id);
    auto is_up = which != live.end() && which->second.up;
    REQUIRE(generation == (is_up ? which->second.generation : 0));
  }
  note_bans();
  for (const auto& [id, which] : live)
    if (auto at = w.dialed_address(id))
      dialed_at[id] = {{at->hostname, at->port}, which.generation};
}

} // namespace troupe::test
