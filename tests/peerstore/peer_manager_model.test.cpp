// SPDX-License-Identifier: Apache-2.0

// Random operations against a reference that is simple because it is slow: it
// keeps books of what a caller knows, looks at everything, and has no index.
// After each step hold the invariants of the peer life cycle (numbers below).

#include <cstdlib>
#include <map>

#include "troupe/peerstore/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Peers in the game, ours among them.
constexpr std::string_view everybody = "acegikmoqsuwy";

constexpr uint16_t addresses_per_peer = 3;

/// `w` claims to be where `a` is; `u` is unconditional, `c` and `o` persistent
/// with some seeds, `y` is blocked, `s` private.
node_address address_of(char first, uint16_t port) {
  auto result = address(first, port);
  if (first == 'w' && port == 1)
    result.hostname = address('a').hostname;
  return result;
}

/// A caller that does what it may and what it may not, and keeps books.
class caller {
public:
  caller(peer_manager_options options, uint64_t seed)
    : w(options, seed),
      limits(std::move(options)),
      dice(seed) {}

  void step() {
    w.now += duration{static_cast<int64_t>(dice() % 100'000'000)};
    tick();
    switch (dice() % 24) {
      case 0:
      case 1:
        return add();
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

  /// Invariants 1 to 7, between any two operations.
  void check() {
    check_updates();
    auto view = w.core.view();
    auto broken = check_invariants(view);
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
    }
    REQUIRE(view.dials.size() == dials.size());
    for (const auto& attempt : view.dials)
      REQUIRE(dials.count(attempt.address.id) == 1);
  }

  /// Invariant 8, and that nothing is remembered that should not be.
  void inspect() {
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

  size_t refusals = 0;
  size_t replacements = 0;
  size_t expiries = 0;
  size_t admissions = 0;
  size_t evictions = 0;
  size_t bans = 0;
  size_t upgrades = 0;
  size_t sleeps = 0;
  size_t profiles = 0;

private:
  struct live_connection {
    uint64_t generation;
    direction way;
    bool up = false;
    bool condemned = false;
    bool evicting = false;
    std::optional<time_point> probed = {};
  };

  // -- operations -------------------------------------------------------------

  /// Time has passed: what only time changes happens first.
  void tick() {
    (void)w.core.describe(peer(world::own), w.now);
    expiries += std::erase_if(
        dials, [this](const auto& x) { return x.second <= w.now; });
    note_bans();
  }

  void note_bans() {
    banned.clear();
    for (auto first : everybody) {
      auto id = peer(first);
      if (w.core.is_banned(id))
        banned.insert(id);
      if (banned.count(id) != 0 || w.core.addresses(id).empty())
        urgent.erase(id);
    }
  }

  void add() {
    auto x = random_address();
    auto known = w.core.addresses(x.id);
    auto added = w.core.add(x);
    REQUIRE(added.has_value());
    if (*added) {
      REQUIRE(x.id != peer(world::own));
      REQUIRE(x.id != peer('y'));
      REQUIRE(std::count(known.begin(), known.end(), x) == 0);
    }
    auto after = w.core.addresses(x.id);
    REQUIRE(after.size() <= addresses_per_peer + 1);
    REQUIRE((!*added || std::count(after.begin(), after.end(), x) == 1));
  }

  void dial_next() {
    auto before = candidates();
    auto next = w.core.dial_next(w.now);
    if (!next)
      return nobody_to_dial(before);
    auto found = std::find_if(before.begin(), before.end(), [&](const auto& x) {
      return x.peer == next->id;
    });
    REQUIRE(found != before.end());
    // Nobody of a better class was passed over.
    for (const auto& other : before)
      REQUIRE((other.kind <= found->kind || other.kind == found->kind
               || !urgent.empty()));
    urgent.erase(next->id);
    REQUIRE(live.count(next->id) == 0);
    REQUIRE(dials.emplace(next->id, w.now + limits.dial_deadline).second);
    if (next->id != peer('u'))
      REQUIRE_FALSE(check_grant(w.core.view()).has_value());
    upgrades += w.core.view().upgrading.size();
  }

  /// Invariant 9, judged by looking at everything: nobody could be dialed, and
  /// no event is needed to find the next one.
  void nobody_to_dial(const std::vector<peer_report>& eligible) {
    ++sleeps;
    auto view = w.core.view();
    for (const auto& x : eligible) {
      REQUIRE(x.kind != peer_class::unconditional);
      REQUIRE_FALSE(has_room(view));
      REQUIRE_FALSE((has_upgrade_room(view)
                     && has_victim(view, x, dial_victim_way(view))));
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

  void dial_failed(const node_address& x) {
    const failure reasons[] = {{errc::timeout, {}},
                               {errc::connection_refused, {}},
                               {errc::wrong_network, "other"},
                               {errc::unexpected_peer, {}}};
    auto odd = dice() % 8;
    const auto& why = reasons[odd < 4 ? odd : 0];
    auto code = w.core.dial_failed(x, w.now, why);
    REQUIRE(code == (dials.erase(x.id) == 1 ? errc::none : errc::unknown_peer));
  }

  void dialed(const node_address& x) {
    dials.erase(x.id);
    auto known = w.core.describe(x.id, w.now).has_value();
    auto verdict = w.core.dialed(x, w.now);
    if (x.id == peer(world::own))
      REQUIRE(verdict.code == errc::self_connection);
    else if (!known)
      REQUIRE(verdict.code == errc::unknown_peer);
    judge(x.id, direction::outbound, verdict);
  }

  void accepted(const node_id& id) {
    auto view = w.core.view();
    auto about = w.core.describe(id, w.now);
    auto existing = live.find(id);
    auto verdict = w.core.accepted(id, w.now);
    if (id == peer(world::own))
      REQUIRE(verdict.code == errc::self_connection);
    else if (id == peer('y'))
      REQUIRE(verdict.code == errc::filtered);
    else if (banned.count(id) != 0)
      REQUIRE(verdict.code == errc::banned);
    else if (existing == live.end())
      REQUIRE(verdict.code == expect_admission(view, id, about));
    judge(id, direction::inbound, verdict);
  }

  void ready(const connection_ref& which) {
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

  void errored(const connection_ref& which) {
    const errc reasons[] = {errc::none, errc::connection_closed,
                            errc::malformed_message, errc::misbehaved};
    auto code = w.core.errored(which, reasons[dice() % 4], w.now);
    auto* found = find(which);
    REQUIRE(code == (found != nullptr ? errc::none : errc::not_connected));
    if (found != nullptr)
      found->condemned = true;
  }

  void evict_next() {
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

  void disconnected(const connection_ref& which) {
    auto code = w.core.disconnected(which, errc::connection_closed, w.now);
    if (find(which) != nullptr) {
      REQUIRE(code == errc::none);
      live.erase(which.peer);
    } else {
      REQUIRE(code == errc::not_connected);
    }
  }

  void report() {
    auto id = random_peer();
    auto known = w.core.describe(id, w.now).has_value();
    auto what = static_cast<peer_behaviour>(dice() % peer_behaviour_count);
    auto size = w.core.size();
    auto code = w.core.report(id, what, w.now);
    REQUIRE(code == (known ? errc::none : errc::unknown_peer));
    REQUIRE(w.core.size() == size);
  }

  void steer() {
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

  void change_limits() {
    auto wanted = w.core.limits();
    if (wanted.max_connected) {
      wanted.max_connected = 2 + dice() % 8;
      wanted.max_connected_upgrade = dice() % 3;
    }
    (void)w.core.set_limits(wanted, w.now);
  }

  void probe() {
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

  // -- judgement --------------------------------------------------------------

  void judge(const node_id& id, direction way, const admission& verdict) {
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
      auto simultaneous
          = existing->second.way != way
            && (way == direction::outbound) == (peer(world::own) < id);
      auto dead = way == direction::inbound && existing->second.probed
                  && w.now - *existing->second.probed >= limits.probe_time;
      REQUIRE((simultaneous || dead));
      stale.push_back({id, existing->second.generation});
      ++replacements;
    }
    live.insert_or_assign(id, live_connection{verdict.generation, way});
    urgent.erase(id);
  }

  /// What `accepted` has to say about a peer that is neither connected nor
  /// banned, blocked or ourselves.
  errc expect_admission(const peer_manager_view& view, const node_id& id,
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
    auto way_full
        = now.max_incoming
          && count(view, direction::inbound, false) >= *now.max_incoming;
    if (!full && !way_full)
      return errc::none;
    if (!now.max_connected || now.max_connected_upgrade == 0)
      return errc::too_many_peers;
    peer_report stranger;
    stranger.peer = id;
    const auto& who = about ? *about : stranger;
    for (const auto& upgrade : view.upgrading)
      if (upgrade.to == id && !live.at(upgrade.from).condemned
          && (!way_full || live.at(upgrade.from).way == direction::inbound))
        return errc::none;
    auto way = way_full ? std::optional{direction::inbound} : std::nullopt;
    return has_victim(view, who, way) ? errc::none : errc::too_many_peers;
  }

  /// Everybody who could be dialed if there were room.
  std::vector<peer_report> candidates() {
    std::vector<peer_report> result;
    for (auto& about : w.core.list(SIZE_MAX, w.now)) {
      auto state = about.state;
      auto may = state == peer_state::waiting || state == peer_state::no_slot;
      // Not by what it says, but by what it is.
      auto due = about.cooldown == 0s && banned.count(about.peer) == 0
                 && live.count(about.peer) == 0 && dials.count(about.peer) == 0
                 && about.peer != peer('y')
                 && state != peer_state::incompatible;
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

  bool in_use(const node_address& x) {
    for (const auto& attempt : w.core.view().dials)
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

  static size_t count(const peer_manager_view& view,
                      std::optional<direction> way, bool condemned_too) {
    size_t result = 0;
    for (const auto& x : view.connections)
      if (x.counted && (!way || x.way == *way)
          && (condemned_too || x.evict == errc::none))
        ++result;
    return result;
  }

  std::pair<size_t, size_t> count_dials(const peer_manager_view& view) {
    size_t pending = 0;
    size_t all = 0;
    for (const auto& x : view.dials) {
      if (!x.counted)
        continue;
      ++all;
      if (live.count(x.address.id) == 0)
        ++pending;
    }
    return {pending, all};
  }

  bool has_room(const peer_manager_view& view) {
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

  bool has_upgrade_room(const peer_manager_view& view) {
    auto [pending, all] = count_dials(view);
    const auto& now = view.limits;
    auto extra = now.max_connected_upgrade;
    return now.max_connected && extra > 0
           && count(view, {}, true) + pending < *now.max_connected + extra
           && (!now.max_outgoing
               || count(view, direction::outbound, true) + all
                      < *now.max_outgoing + extra);
  }

  /// If there are as many outgoing connections as there may be, one of them has
  /// to make way for the next.
  std::optional<direction> dial_victim_way(const peer_manager_view& view) {
    auto [pending, all] = count_dials(view);
    const auto& most = view.limits.max_outgoing;
    if (most && count(view, direction::outbound, false) + all >= *most)
      return direction::outbound;
    return std::nullopt;
  }

  /// Whether an ordinary peer is worse enough to make way for `who`.
  bool has_victim(const peer_manager_view& view, const peer_report& who,
                  std::optional<direction> way) {
    auto score = who.score.total();
    if (urgent.count(who.peer) != 0)
      score = std::max(score, base_score(peer_class::persistent));
    for (const auto& x : view.connections) {
      if (!x.counted || x.evict != errc::none || (way && x.way != *way))
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

  void check_updates() {
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
      if (auto at = w.core.dialed_address(id))
        dialed_at[id] = {{at->hostname, at->port}, which.generation};
  }

  // -- books ------------------------------------------------------------------

  live_connection* find(const connection_ref& which) {
    auto i = live.find(which.peer);
    return i != live.end() && i->second.generation == which.generation
               ? &i->second
               : nullptr;
  }

  node_id random_peer() {
    return peer(everybody[dice() % everybody.size()]);
  }

  /// Mostly of a peer that is being dialed.
  node_address random_address() {
    auto port = static_cast<uint16_t>(1 + dice() % addresses_per_peer);
    auto first = everybody[dice() % everybody.size()];
    if (dice() % 4 != 0 && !dials.empty()) {
      auto i = dials.begin();
      std::advance(i, dice() % dials.size());
      first = static_cast<char>(i->first.bytes()[0]);
    }
    return address_of(first, port);
  }

  /// Mostly one that is there.
  connection_ref random_connection() {
    if (dice() % 8 == 0 && !stale.empty())
      return stale[dice() % stale.size()];
    if (live.empty())
      return {random_peer(), dice() % 100};
    auto i = live.begin();
    std::advance(i, dice() % live.size());
    return {i->first, i->second.generation};
  }

  using place = std::pair<std::string, uint16_t>;

  world w;
  peer_manager_options limits;
  std::mt19937_64 dice;
  std::map<node_id, time_point> dials;
  std::map<node_id, live_connection> live;
  std::map<node_id, std::pair<place, uint64_t>> dialed_at;
  std::map<node_id, uint64_t> up;
  std::set<node_id> banned;
  std::set<node_id> urgent;
  std::vector<connection_ref> stale;
  uint64_t last_generation = 0;
};

peer_manager_options options_for(uint64_t seed) {
  peer_manager_options options;
  options.dial_deadline = 3s;
  options.probe_time = 1s;
  options.retry.max_retry_time = 30s;
  options.retry.max_retry_time_persistent = 10s;
  options.max_addresses = addresses_per_peer - 1;
  options.unconditional_peers = {peer('u')};
  options.blocked_peers = {peer('y')};
  options.private_peers = {peer('s')};
  options.bans.min_ban_time = 5s;
  options.bans.max_ban_time = 20s;
  options.score.half_life = 20s;
  options.score.fatal_memory = 10s;
  if (seed % 2 == 0)
    options.persistent_peers = {address('c'), address('o'), address('m')};
  const std::optional<size_t> max_connected[] = {{}, 2, 5, 9};
  const std::optional<size_t> max_part[] = {{}, 2, 1};
  options.max_connected = max_connected[seed % 4];
  options.max_connected_upgrade = seed % 3;
  options.max_outgoing = max_part[seed % 3];
  options.max_incoming = max_part[seed / 3 % 3];
  if (seed % 5 == 0)
    options.max_peers = 11;
  return options;
}

/// A million, or what TROUPE_MODEL_STEPS says; a twentieth of it where a
/// sanitizer makes everything slow.
uint64_t steps_wanted() {
  if (const auto* text = std::getenv("TROUPE_MODEL_STEPS"))
    return std::strtoull(text, nullptr, 10);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 50'000;
#else
  return 1'000'000;
#endif
}

} // namespace

TEST_CASE("whatever happens in whatever order, the nine invariants hold") {
  size_t refusals = 0, replacements = 0, expiries = 0, admissions = 0,
         evictions = 0, bans = 0, upgrades = 0, sleeps = 0;
  auto steps = steps_wanted();
  MESSAGE(steps, " steps");
  constexpr uint64_t seeds = 40;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    caller books{options_for(seed), seed};
    for (uint64_t i = 0; i < steps / seeds; ++i) {
      CAPTURE(i);
      books.step();
      books.check();
      if (i % 64 == 0)
        books.inspect();
    }
    refusals += books.refusals;
    replacements += books.replacements;
    expiries += books.expiries;
    admissions += books.admissions;
    evictions += books.evictions;
    bans += books.bans;
    upgrades += books.upgrades;
    sleeps += books.sleeps;
  }
  // The game went everywhere.
  CHECK(refusals > steps / 100);
  CHECK(replacements > steps / 10'000);
  CHECK(expiries > steps / 10'000);
  CHECK(admissions > steps / 100);
  CHECK(evictions > steps / 200);
  CHECK(bans > steps / 1000);
  CHECK(upgrades > steps / 10'000);
  CHECK(sleeps > steps / 100);
}
