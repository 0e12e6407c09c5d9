// SPDX-License-Identifier: Apache-2.0

// What a caller does.

#include "model_caller.hpp"

#include <algorithm>

namespace troupe::test {

namespace {

/// `w` claims to be where `a` is; `u` is unconditional, `c` and `o` persistent
/// with some seeds, `y` is blocked, `s` private.
node_address address_of(char first, uint16_t port) {
  auto result = address(first, port);
  if (first == 'w' && port == 1)
    result.hostname = address('a').hostname;
  // The last one of each peer is over QUIC.
  if (port == addresses_per_peer)
    result.protocol = "quic";
  return result;
}

} // namespace

void caller::step() {
  w.now += duration{static_cast<int64_t>(dice() % 100'000'000)};
  tick();
  switch (dice() % 26) {
    case 0:
    case 1:
      return add();
    case 24:
      return learn();
    case 25:
      return forget();
    case 2:
    case 3:
    case 4:
    case 5:
      return dial_next();
    case 6:
    case 7:
      return dial_failed(random_address());
    case 8:
    case 9:
    case 10:
      return dialed(random_address());
    case 11:
    case 12:
      return accepted(random_peer());
    case 13:
    case 14:
      return ready(random_connection());
    case 15:
      return errored(random_connection());
    case 16:
    case 17:
      return evict_next();
    case 18:
      return disconnected(random_connection());
    case 19:
      return report();
    case 20:
      return steer();
    case 21:
      return probe();
    default:
      w.now += duration{static_cast<int64_t>(dice() % 3'000'000'000)};
      return tick();
  }
}

void caller::tick() {
  (void)w.core.describe(peer(world::own), w.now);
  expiries += std::erase_if(
      dials, [this](const auto& x) { return x.second <= w.now; });
  for (auto& [id, which] : live)
    which.condemned |= which.visit_ends && *which.visit_ends <= w.now;
  note_bans();
}

void caller::note_bans() {
  banned.clear();
  for (auto first : everybody) {
    auto id = peer(first);
    if (w.is_banned(id))
      banned.insert(id);
    if (banned.count(id) != 0 || w.addresses(id).empty())
      urgent.erase(id);
  }
}

void caller::add() {
  auto x = random_address();
  auto known = w.addresses(x.id);
  auto added = w.core.add(x);
  REQUIRE(added.has_value());
  if (*added) {
    REQUIRE(x.id != peer(world::own));
    REQUIRE(x.id != peer('y'));
    REQUIRE(std::count(known.begin(), known.end(), x) == 0);
  }
  auto after = w.addresses(x.id);
  REQUIRE(after.size() <= addresses_per_peer + 1);
  REQUIRE((!*added || std::count(after.begin(), after.end(), x) == 1));
}

void caller::learn() {
  const auto from = random_peer();
  const auto x = random_address();
  const auto known = w.addresses(x.id);
  const auto count = w.core.learn({x}, from, w.now);
  const auto after = w.addresses(x.id);
  REQUIRE(count <= 1);
  if (count == 1) {
    REQUIRE(x.id != peer(world::own));
    // Of private and blocked ones nothing is learned, nor from private ones.
    REQUIRE((x.id != peer('y') && x.id != peer('s') && from != peer('s')));
    REQUIRE(std::count(known.begin(), known.end(), x) == 0);
    REQUIRE(std::count(after.begin(), after.end(), x) == 1);
  }
  REQUIRE(after.size() <= addresses_per_peer + 1);
  learned += count;
}

void caller::forget() {
  if (dice() % 4 != 0)
    return;
  const auto id = random_peer();
  const auto about = w.core.describe(id, w.now);
  const auto busy = live.count(id) + dials.count(id) != 0;
  const auto code = w.core.forget(id);
  if (!about)
    REQUIRE(code == errc::unknown_peer);
  else if (busy)
    REQUIRE(code == errc::already_connected);
  else if (about->kind != peer_class::ordinary || id == peer('y'))
    REQUIRE(code == errc::invalid_state);
  else
    REQUIRE((code == errc::none && !w.core.describe(id, w.now)));
}

void caller::dial_next() {
  auto before = candidates();
  auto next = w.core.dial_next(w.now);
  if (!next)
    return nobody_to_dial(before);
  auto found = std::find_if(before.begin(), before.end(),
                            [&](const auto& x) { return x.peer == next->id; });
  REQUIRE(found != before.end());
  const auto feeler = w.core.state().dials.find(next->id)->feeler;
  feelers += feeler ? 1 : 0;
  // Nobody of a better class was passed over. A feeler takes nobody's slot.
  for (const auto& other : before)
    REQUIRE((other.kind <= found->kind || !urgent.empty() || feeler));
  urgent.erase(next->id);
  REQUIRE(live.count(next->id) == 0);
  REQUIRE(dials.emplace(next->id, w.now + limits.dial_deadline).second);
  // A feeler takes no slot, whatever there is besides.
  if (w.core.state().dials.find(next->id)->counted)
    REQUIRE_FALSE(check_grant(w.view()).has_value());
  upgrades += w.view().upgrading.size();
}

void caller::nobody_to_dial(const std::vector<peer_report>& eligible) {
  ++sleeps;
  auto view = w.view();
  for (const auto& x : eligible) {
    REQUIRE(x.kind != peer_class::unconditional);
    REQUIRE_FALSE(has_room(view));
    REQUIRE_FALSE(
        (has_upgrade_room(view) && has_victim(view, x, dial_victim_way(view))));
  }
  auto when = w.core.next_wakeup();
  if (when)
    REQUIRE(*when > w.now);
  // Whoever waits while there is room is waited for.
  if (!has_room(view))
    return;
  for (const auto& about : w.core.list(SIZE_MAX, w.now)) {
    if (about.state != peer_state::backing_off)
      continue;
    REQUIRE(when.has_value());
    REQUIRE(*when <= w.now + *about.wait);
  }
}

void caller::dial_failed(const node_address& x) {
  const failure reasons[] = {{errc::timeout, {}},
                             {errc::connection_refused, {}},
                             {errc::wrong_network, "other"},
                             {errc::unexpected_peer, {}}};
  auto odd = dice() % 8;
  const auto& why = reasons[odd < 4 ? odd : 0];
  auto code = w.core.dial_failed(x, w.now, why);
  REQUIRE(code == (dials.erase(x.id) == 1 ? errc::none : errc::unknown_peer));
}

void caller::dialed(const node_address& x) {
  dials.erase(x.id);
  auto known = w.core.describe(x.id, w.now).has_value();
  auto verdict = w.core.dialed(x, w.now);
  if (x.id == peer(world::own))
    REQUIRE(verdict.code == errc::self_connection);
  else if (!known)
    REQUIRE(verdict.code == errc::unknown_peer);
  judge(x.id, direction::outbound, x.protocol, verdict);
}

void caller::accepted(const node_id& id) {
  auto view = w.view();
  auto about = w.core.describe(id, w.now);
  auto existing = live.find(id);
  auto subnet = random_subnet();
  auto from = random_endpoint(subnet);
  auto verdict = w.core.accepted(id, subnet, w.now, from);
  if (id == peer(world::own))
    REQUIRE(verdict.code == errc::self_connection);
  else if (id == peer('y'))
    REQUIRE(verdict.code == errc::filtered);
  else if (banned.count(id) != 0)
    REQUIRE(verdict.code == errc::banned);
  else if (existing == live.end())
    judge_accepted(view, id, subnet, from, about, verdict);
  judge(id, direction::inbound, from ? from->protocol : "", verdict);
  if (verdict.code == errc::none && from)
    groups[id] = {verdict.generation, group_of(*from)};
}

void caller::ready(const connection_ref& which) {
  auto code = w.core.ready(which, {.moniker = "x"});
  auto* found = find(which);
  if (found == nullptr)
    REQUIRE(code == errc::not_connected);
  else if (found->condemned)
    REQUIRE((code != errc::none && code != errc::not_connected));
  else
    REQUIRE(code == (found->up ? errc::invalid_state : errc::none));
  if (code == errc::none)
    found->up = true;
}

void caller::errored(const connection_ref& which) {
  const errc reasons[] = {errc::none, errc::connection_closed,
                          errc::malformed_message, errc::misbehaved};
  auto code = w.core.errored(which, reasons[dice() % 4], w.now);
  auto* found = find(which);
  REQUIRE(code == (found != nullptr ? errc::none : errc::not_connected));
  if (found != nullptr)
    found->condemned = true;
}

void caller::evict_next() {
  auto waits = [](const auto& entry) {
    return entry.second.condemned && !entry.second.evicting;
  };
  auto expected = std::any_of(live.begin(), live.end(), waits);
  auto next = w.core.evict_next();
  REQUIRE(next.has_value() == expected);
  if (!next)
    return;
  auto* found = find(next->connection);
  REQUIRE(found != nullptr);
  REQUIRE(found->condemned);
  REQUIRE_FALSE(found->evicting);
  found->evicting = true;
  ++evictions;
}

void caller::disconnected(const connection_ref& which) {
  auto code = w.core.disconnected(which, errc::connection_closed, w.now);
  if (find(which) != nullptr) {
    REQUIRE(code == errc::none);
    live.erase(which.peer);
  } else {
    REQUIRE(code == errc::not_connected);
  }
}

void caller::report() {
  auto id = random_peer();
  auto known = w.core.describe(id, w.now).has_value();
  auto what = static_cast<peer_behaviour>(dice() % peer_behaviour_count);
  auto size = w.size();
  auto code = w.core.report(id, what, w.now);
  REQUIRE(code == (known ? errc::none : errc::unknown_peer));
  REQUIRE(w.size() == size);
}

void caller::steer() {
  auto id = random_peer();
  switch (dice() % 8) {
    case 0:
      (void)w.core.ban(id, 10s, "test", w.now);
      return;
    case 1:
    case 2: {
      auto code = w.core.unban(id, w.now);
      REQUIRE((code == errc::none) == (banned.erase(id) == 1));
      return;
    }
    case 3:
      REQUIRE((w.core.disconnect(id) == errc::none) == (live.count(id) == 1));
      return;
    case 4: {
      auto code = w.core.dial_now({.id = id}, w.now);
      REQUIRE((code == errc::banned)
              == (banned.count(id) == 1 && id != peer('y')));
      if (code == errc::none)
        urgent.insert(id);
      return;
    }
    case 5:
      w.core.introduce(std::to_string(++profiles), w.now);
      return;
    case 6:
      (void)w.core.incompatible(id, {errc::wrong_network, "x"}, w.now);
      return;
    default:
      return change_limits();
  }
}

void caller::change_limits() {
  auto wanted = w.core.limits();
  if (wanted.max_connected) {
    wanted.max_connected = 2 + dice() % 8;
    wanted.max_connected_upgrade = dice() % 3;
    wanted.max_visitors = dice() % 3;
    if (dice() % 2 == 0)
      wanted.max_incoming.reset();
  }
  (void)w.core.set_limits(wanted, w.now);
}

void caller::probe() {
  if (auto which = w.core.probe_next(w.now)) {
    auto* found = find(*which);
    REQUIRE(found != nullptr);
    if (!found->probed)
      found->probed = w.now;
  }
  auto which = random_connection();
  if (dice() % 2 == 0) {
    w.core.active(which);
    if (auto* found = find(which))
      found->probed.reset();
  }
}

caller::live_connection* caller::find(const connection_ref& which) {
  auto i = live.find(which.peer);
  return i != live.end() && i->second.generation == which.generation
             ? &i->second
             : nullptr;
}

node_id caller::random_peer() {
  return peer(everybody[dice() % everybody.size()]);
}

std::optional<ip_network> caller::random_subnet() {
  auto number = static_cast<uint8_t>(dice() % 4);
  if (number == 0)
    return std::nullopt;
  return ip_network::of(ip_address::v4(192, 0, number, 0), 24);
}

std::optional<endpoint>
caller::random_endpoint(const std::optional<ip_network>& subnet) {
  if (dice() % 4 == 0)
    return std::nullopt;
  // Three networks, and those that have a subnet are in it.
  auto ip
      = subnet ? subnet->first()
               : ip_address::v4(static_cast<uint8_t>(60 + dice() % 3), 1, 1, 1);
  return endpoint{
      .protocol = dice() % 4 == 0 ? "quic" : "mconn", .ip = ip, .port = 1};
}

node_address caller::random_address() {
  auto port = static_cast<uint16_t>(1 + dice() % addresses_per_peer);
  auto first = everybody[dice() % everybody.size()];
  if (dice() % 4 != 0 && !dials.empty()) {
    auto i = dials.begin();
    std::advance(i, dice() % dials.size());
    first = static_cast<char>(i->first.bytes()[0]);
  }
  return address_of(first, port);
}

connection_ref caller::random_connection() {
  if (dice() % 8 == 0 && !stale.empty())
    return stale[dice() % stale.size()];
  if (live.empty())
    return {random_peer(), dice() % 100};
  auto i = live.begin();
  std::advance(i, dice() % live.size());
  return {i->first, i->second.generation};
}

} // namespace troupe::test
