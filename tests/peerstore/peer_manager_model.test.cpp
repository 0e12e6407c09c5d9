// SPDX-License-Identifier: Apache-2.0

// Random operations against what must always hold (the invariants of the peer
// life cycle), judged from what a caller knows.

#include <map>

#include "troupe/peerstore/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Peers in the game, ours among them.
constexpr std::string_view everybody = "acegikmoqsuwy";

constexpr uint16_t addresses_per_peer = 3;

/// A caller that does what it may and what it may not, and keeps books.
class caller {
public:
  caller(peer_manager_options options, uint64_t seed)
    : w(options, seed),
      limits(std::move(options)),
      dice(seed) {
    for (const auto& known : limits.persistent_peers)
      if (known.id != peer(world::own))
        addresses.insert(known);
  }

  void step() {
    switch (dice() % 12) {
      case 0:
        return add(random_address());
      case 1:
      case 2:
        return dial_next();
      case 3:
        return dial_failed(random_address());
      case 4:
      case 5:
        return dialed(random_address());
      case 6:
        return accepted(random_peer());
      case 7:
        return ready(random_connection());
      case 8:
        return errored(random_connection());
      case 9:
        return evict_next();
      case 10:
        return disconnected(random_connection());
      default:
        w.now += duration{static_cast<int64_t>(dice() % 3'000'000'000)};
    }
  }

  /// What must hold between any two operations.
  void check() {
    check_updates();
    auto broken = check_invariants(w.core.view());
    REQUIRE_MESSAGE(!broken, broken.value_or(""));
    REQUIRE(w.core.connected() == live.size());
    REQUIRE(live.size() <= limits.max_connected.value_or(SIZE_MAX));
    REQUIRE(w.core.outgoing() <= limits.max_outgoing.value_or(SIZE_MAX));
  }

  /// The same, looking closely.
  void inspect() {
    for (const auto& [id, which] : live) {
      REQUIRE(w.core.connection_to(id) == connection_ref{id, which.generation});
      REQUIRE((w.core.status(id) == peer_status::up) == which.up);
    }
    std::set<node_address> known;
    for (const auto& id : w.core.peers()) {
      REQUIRE(id != peer(world::own));
      REQUIRE((live.count(id) == 1 || !w.core.addresses(id).empty()));
      for (const auto& x : w.core.addresses(id))
        known.insert(x);
    }
    REQUIRE(known == addresses);
  }

  size_t refusals = 0;
  size_t replacements = 0;
  size_t expiries = 0;
  size_t admissions = 0;
  size_t evictions = 0;

private:
  struct live_connection {
    uint64_t generation;
    direction way;
    bool up = false;
    bool errored = false;
    bool evicting = false;
  };

  // -- operations -------------------------------------------------------------

  void add(const node_address& x) {
    auto added = w.core.add(x);
    REQUIRE(added.has_value());
    auto expected = x.id != peer(world::own) && addresses.insert(x).second;
    REQUIRE(*added == expected);
  }

  void dial_next() {
    forget_expired();
    auto next = w.core.dial_next(w.now);
    if (!next)
      return check_wakeup();
    REQUIRE(addresses.count(*next) == 1);
    REQUIRE(live.count(next->id) == 0);
    REQUIRE(dials.count(next->id) == 0);
    dials.emplace(next->id, w.now + limits.dial_deadline);
    REQUIRE(w.core.dialing() == dials.size());
    REQUIRE_FALSE(check_grant(w.core.view()).has_value());
    if (limits.max_connected)
      REQUIRE(live.size() + pending() <= *limits.max_connected);
    if (limits.max_outgoing)
      REQUIRE(w.core.outgoing() + dials.size() <= *limits.max_outgoing);
  }

  /// Nobody is to be dialed now. No event may be needed to find the next one.
  void check_wakeup() {
    auto when = w.core.next_wakeup();
    auto may_dial = [this](const node_address& x) {
      return dials.count(x.id) == 0 && live.count(x.id) == 0;
    };
    auto full
        = (limits.max_connected
           && live.size() + pending() >= *limits.max_connected)
          || (limits.max_outgoing
              && w.core.outgoing() + dials.size() >= *limits.max_outgoing);
    auto waiting
        = !full && std::any_of(addresses.begin(), addresses.end(), may_dial);
    REQUIRE(when.has_value() == (waiting || !dials.empty()));
    if (!when)
      return;
    REQUIRE(*when > w.now);
    // Nothing happens before that time, and something does at it.
    auto early = w.core;
    REQUIRE_FALSE(early.dial_next(*when - 1ns).has_value());
    auto due = w.core;
    auto expired = std::any_of(dials.begin(), dials.end(), [&](const auto& x) {
      return x.second <= *when;
    });
    REQUIRE((due.dial_next(*when).has_value() || expired));
  }

  void dial_failed(const node_address& x) {
    auto before = picture(w.core);
    auto code = w.core.dial_failed(x, w.now);
    if (dials.erase(x.id) == 1) {
      REQUIRE(code == errc::none);
    } else {
      REQUIRE(code == errc::unknown_peer);
      refused(before);
    }
  }

  void dialed(const node_address& x) {
    dials.erase(x.id);
    auto unclaimed = w.core;
    (void)unclaimed.dial_failed({.id = x.id}, w.now);
    auto before = picture(unclaimed);
    auto known = w.core.addresses(x.id);
    auto verdict = w.core.dialed(x, w.now);
    if (known.empty() && live.count(x.id) == 0)
      REQUIRE(verdict.code
              == (x.id == peer(world::own) ? errc::self_connection
                                           : errc::unknown_peer));
    judge(x.id, direction::outbound, verdict, before);
  }

  void accepted(const node_id& id) {
    auto before = picture(w.core);
    auto verdict = w.core.accepted(id, w.now);
    judge(id, direction::inbound, verdict, before);
  }

  void ready(const connection_ref& which) {
    auto before = picture(w.core);
    auto code = w.core.ready(which, {.moniker = "x"});
    auto* found = find(which);
    auto expected = found == nullptr ? errc::not_connected
                    : found->errored ? errc::malformed_message
                    : found->up      ? errc::invalid_state
                                     : errc::none;
    REQUIRE(code == expected);
    if (code == errc::none)
      found->up = true;
    else
      refused(before);
  }

  void errored(const connection_ref& which) {
    auto before = picture(w.core);
    auto code = w.core.errored(which, errc::malformed_message);
    if (auto* found = find(which)) {
      REQUIRE(code == errc::none);
      found->errored = true;
    } else {
      REQUIRE(code == errc::not_connected);
      refused(before);
    }
  }

  void evict_next() {
    auto waits = [](const auto& entry) {
      return entry.second.errored && !entry.second.evicting;
    };
    auto expected = std::any_of(live.begin(), live.end(), waits);
    auto next = w.core.evict_next();
    REQUIRE(next.has_value() == expected);
    if (!next)
      return;
    auto* found = find(next->connection);
    REQUIRE(found != nullptr);
    REQUIRE(found->errored);
    REQUIRE_FALSE(found->evicting);
    found->evicting = true;
    ++evictions;
  }

  void disconnected(const connection_ref& which) {
    auto before = picture(w.core);
    auto code = w.core.disconnected(which, errc::connection_closed, w.now);
    if (find(which) != nullptr) {
      REQUIRE(code == errc::none);
      live.erase(which.peer);
    } else {
      REQUIRE(code == errc::not_connected);
      refused(before);
    }
  }

  // -- judgement --------------------------------------------------------------

  void judge(const node_id& id, direction way, const admission& verdict,
             const std::string& before) {
    auto existing = live.find(id);
    if (verdict.code != errc::none) {
      REQUIRE(verdict.generation == 0);
      REQUIRE_FALSE(verdict.replaces.has_value());
      return refused(before);
    }
    REQUIRE(id != peer(world::own));
    REQUIRE(verdict.generation > last_generation);
    last_generation = verdict.generation;
    ++admissions;
    REQUIRE(verdict.replaces.has_value() == (existing != live.end()));
    if (verdict.replaces) {
      REQUIRE(*verdict.replaces == existing->second.generation);
      REQUIRE(existing->second.way != way);
      REQUIRE((way == direction::outbound) == (peer(world::own) < id));
      stale.push_back({id, existing->second.generation});
      ++replacements;
    }
    live.insert_or_assign(id, live_connection{verdict.generation, way});
  }

  void refused(const std::string& before) {
    ++refusals;
    REQUIRE(picture(w.core) == before);
  }

  void check_updates() {
    for (const auto& update : w.core.take_updates()) {
      auto& last = up[update.peer];
      if (update.status == peer_status::up) {
        REQUIRE(last == 0);
        REQUIRE(update.info.moniker == "x");
        last = update.generation;
      } else {
        REQUIRE(last == update.generation);
        REQUIRE(update.reason != errc::none);
        last = 0;
      }
    }
    for (const auto& [id, generation] : up) {
      auto which = live.find(id);
      auto is_up = which != live.end() && which->second.up;
      REQUIRE(generation == (is_up ? which->second.generation : 0));
    }
  }

  // -- books ------------------------------------------------------------------

  size_t pending() const {
    return static_cast<size_t>(
        std::count_if(dials.begin(), dials.end(),
                      [this](const auto& x) { return !live.count(x.first); }));
  }

  void forget_expired() {
    expiries += std::erase_if(
        dials, [this](const auto& x) { return x.second <= w.now; });
  }

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
    return address(first, port);
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

  world w;
  peer_manager_options limits;
  std::mt19937_64 dice;
  std::set<node_address> addresses;
  std::map<node_id, time_point> dials;
  std::map<node_id, live_connection> live;
  std::map<node_id, uint64_t> up;
  std::vector<connection_ref> stale;
  uint64_t last_generation = 0;
};

peer_manager_options options_for(uint64_t seed) {
  peer_manager_options options;
  options.dial_deadline = 3s;
  options.retry.max_retry_time = 30s;
  options.retry.max_retry_time_persistent = 10s;
  if (seed % 2 == 0)
    options.persistent_peers = {address('c'), address('o'), address('m')};
  const std::optional<size_t> max_connected[] = {{}, 2, 5, 12};
  const std::optional<size_t> max_outgoing[] = {{}, 2, 1};
  options.max_connected = max_connected[seed % 4];
  options.max_outgoing = max_outgoing[seed % 3];
  return options;
}

} // namespace

TEST_CASE("whatever happens in whatever order, the books agree") {
  size_t refusals = 0, replacements = 0, expiries = 0, admissions = 0,
         evictions = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    caller books{options_for(seed), seed};
    for (int i = 0; i < 10'000; ++i) {
      CAPTURE(i);
      books.step();
      books.check();
      if (i % 16 == 0)
        books.inspect();
    }
    refusals += books.refusals;
    replacements += books.replacements;
    expiries += books.expiries;
    admissions += books.admissions;
    evictions += books.evictions;
  }
  // The game went everywhere.
  CHECK(refusals > 10'000);
  CHECK(replacements > 100);
  CHECK(expiries > 100);
  CHECK(admissions > 10'000);
  CHECK(evictions > 1'000);
}
