// SPDX-License-Identifier: Apache-2.0

// What is remembered, what is forgotten, and what outlives the process.

#include "stored_state.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

peer_manager_options small(size_t max_peers, size_t max_connected = 1) {
  auto options = world::limited(max_connected);
  options.max_peers = max_peers;
  return options;
}

} // namespace

// -- bounds -------------------------------------------------------------------

TEST_CASE("the worst peer is forgotten when there are too many") {
  auto options = small(2);
  options.persistent_peers = {address('p')};
  world w{options};
  w.know('a', -1);
  w.know("b");
  CHECK(w.peers() == std::vector{peer('b'), peer('p')});
  // The newcomer may be the worst.
  w.give('b', 2);
  CHECK_FALSE(*w.core.add(address('c')));
  CHECK(w.peers() == std::vector{peer('b'), peer('p')});
}

TEST_CASE("who is connected or being dialed is not forgotten, the "
          "newcomer is") {
  world w{small(2, 2)};
  w.know("ab");
  CHECK(w.dial_next() == 'a');
  CHECK(w.accepted('b').code == errc::none);
  CHECK_FALSE(*w.core.add(address('c')));
  CHECK(w.peers() == std::vector{peer('a'), peer('b')});
}

TEST_CASE("another address is reason enough to try again") {
  // Upstream adds nothing to such a peer. The peer may have moved, and a new
  // address costs a dial, no more.
  world w{world::plain()};
  w.know("a");
  CHECK(w.core.incompatible(peer('a'), {errc::wrong_network, ""}, w.now)
        == errc::none);
  CHECK_FALSE(*w.core.add(address('a')));
  CHECK(w.dial_next() == 0);
  CHECK(*w.core.add(address('a', 2)));
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("strangers who come in do not make the store grow") {
  world w{small(3, 2)};
  w.know("abc");
  CHECK(w.accepted('x').code == errc::none);
  CHECK(w.size() == 3);
  CHECK(w.accepted('y').code == errc::none);
  CHECK(w.size() == 3);
  CHECK(w.disconnected('x') == errc::none);
  CHECK(w.size() == 2);
}

TEST_CASE("a ban is not forgotten, however full the store is") {
  world w{small(2)};
  w.know("a");
  CHECK(w.core.ban(peer('a'), 1h, "", w.now) == errc::none);
  for (char first = 'b'; first < 'm'; ++first)
    (void)w.core.add(address(first));
  CHECK(w.is_banned(peer('a')));
  CHECK(w.size() == 3);
  // Once it is over, the peer is one of many.
  w.now += 1h;
  CHECK(w.dial_next() != 0);
  (void)w.core.add(address('z'));
  CHECK(w.size() <= 3);
  CHECK_FALSE(check_invariants(w.view()).has_value());
}

TEST_CASE("a stranger who misbehaves is remembered when it leaves") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.report('a', peer_behaviour::spam) == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.peers() == std::vector{peer('a')});
  CHECK(w.behaviour('a') < 0);
  CHECK(w.about('a').state == peer_state::no_address);
}

TEST_CASE("the addresses of a peer are bounded; one that failed makes way") {
  auto options = world::plain();
  options.max_addresses = 2;
  options.persistent_peers = {address('a', 1)};
  world w{options};
  CHECK(*w.core.add(address('a', 2)));
  CHECK(*w.core.add(address('a', 3)));
  CHECK_FALSE(*w.core.add(address('a', 4)));
  CHECK(w.core.dial_next(w.now) == address('a', 1));
  CHECK(w.fail('a', 1) == errc::none);
  CHECK(w.core.dial_next(w.now) == address('a', 2));
  CHECK(w.fail('a', 2) == errc::none);
  CHECK(*w.core.add(address('a', 4)));
  CHECK(w.addresses(peer('a'))
        == std::vector{address('a', 1), address('a', 3), address('a', 4)});
}

TEST_CASE("the peers at one location are bounded") {
  auto options = world::plain();
  options.max_ids_per_location = 2;
  world w{options};
  auto there = [](char first) {
    auto result = address(first);
    result.hostname = "host";
    return result;
  };
  CHECK(*w.core.add(there('a')));
  CHECK(*w.core.add(there('b')));
  CHECK_FALSE(*w.core.add(there('c')));
  CHECK(w.size() == 2);
  // Whoever is not there makes way.
  CHECK(w.core.dial_next(w.now) == there('a'));
  CHECK(w.core.dial_failed(there('a'), w.now, {errc::unexpected_peer, ""})
        == errc::none);
  CHECK(*w.core.add(there('c')));
}

// -- stores -------------------------------------------------------------------

TEST_CASE("everything comes back, the configuration rules") {
  auto options = world::plain();
  options.persistent_peers = {address('a')};
  options.unconditional_peers = {peer('c')};
  world first{options};
  stored_state disk;
  for (auto who : {'a', 'b', 'c'}) {
    auto v6 = address(who, 7);
    v6.hostname = "2001:db8::1";
    v6.path = "/path";
    CHECK(*first.core.add(v6));
    CHECK(*first.core.add({.protocol = "memory", .id = peer(who)}));
  }
  first.give('b', 7);
  first.know("d");
  CHECK(first.core.ban(peer('d'), 5h, "enough", first.now) == errc::none);
  disk.take(first, noon);

  // The roles are swapped, and it is another process a while later.
  options.persistent_peers = {address('b')};
  options.unconditional_peers = {};
  world second{options};
  second.now = time_point{5min};
  CHECK(second.core.load(disk.all(), second.now, noon + 1h).empty());
  for (auto who : {'a', 'b', 'c'})
    for (const auto& known : first.addresses(peer(who))) {
      auto all = second.addresses(peer(who));
      CHECK(std::count(all.begin(), all.end(), known) == 1);
    }
  CHECK(second.about('a').kind == peer_class::ordinary);
  CHECK(second.about('b').kind == peer_class::persistent);
  CHECK(second.about('c').kind == peer_class::ordinary);
  // An hour has passed: a half-life.
  CHECK(second.behaviour('b') == doctest::Approx(3.5));
  CHECK(second.is_banned(peer('d')));
  CHECK(second.about('d').wait == duration{4h});
  CHECK(second.about('d').explanation
        == "banned for 4h more by an operator: enough");
  // Whoever is new is no better than whoever was there before.
  second.know("x");
  CHECK(second.about('x').score.total() == second.about('a').score.total());
}

TEST_CASE("who leaves the list of unconditional peers loses the rank") {
  auto options = world::plain();
  options.unconditional_peers = {peer('a')};
  world first{options};
  stored_state disk;
  first.know("a");
  disk.take(first, noon);
  CHECK(first.about('a').kind == peer_class::unconditional);
  world second{world::plain()};
  CHECK(second.core.load(disk.all(), second.now, noon).empty());
  CHECK(second.about('a').kind == peer_class::ordinary);
}

TEST_CASE("who has our ID is not our peer") {
  world w{world::plain()};
  stored_state disk;
  disk.content[peer('a')] = {.id = peer('a'), .addresses = {{address('a')}}};
  disk.content[peer(world::own)]
      = {.id = peer(world::own), .addresses = {{address(world::own)}}};
  CHECK(w.core.load(disk.all(), w.now, noon).empty());
  CHECK(w.peers() == std::vector{peer('a')});
  disk.take(w, noon);
  CHECK(disk.content.size() == 1);
}

TEST_CASE("what is broken is skipped and named") {
  world w{world::plain()};
  std::vector<stored_peer> peers
      = {{.id = peer('a'), .addresses = {{address('a')}}},
         {.id = peer('b'), .addresses = {{{.id = peer('b')}}, {address('b')}}},
         {.id = peer('c'), .addresses = {{address('d')}}},
         {}};
  auto problems = w.core.load(peers, w.now, noon);
  CHECK(problems.size() == 2);
  CHECK(w.peers() == std::vector{peer('a'), peer('b')});
  CHECK(w.addresses(peer('b')) == std::vector{address('b')});
}

TEST_CASE("a store that holds too much is pruned, worst first") {
  world w{small(2)};
  stored_state disk;
  for (auto [first, points] : {std::pair{'a', 1}, {'b', -1}, {'c', 2}})
    disk.content[peer(first)] = {.id = peer(first),
                                 .addresses = {{address(first)}},
                                 .score_milli = points * 1000,
                                 .scored_at = noon};
  CHECK(w.core.load(disk.all(), w.now, noon).empty());
  CHECK(w.peers() == std::vector{peer('a'), peer('c')});
  disk.take(w, noon);
  CHECK(disk.content.size() == 2);
}

TEST_CASE("whom a store with too many bans brings back only for its ban leaves "
          "the store") {
  auto options = world::plain();
  options.bans.max_banned = 1;
  world w{options};
  stored_state disk;
  // The ban of the second one ends first, and has to give way.
  for (auto [first, left] : {std::pair{'a', 2h}, {'b', 1h}})
    disk.content[peer(first)]
        = {.id = peer(first), .ban = stored_ban{.until = noon + left}};
  CHECK(w.core.load(disk.all(), w.now, noon).empty());
  CHECK(w.is_banned(peer('a')));
  CHECK(w.peers() == std::vector{peer('a')});
  disk.take(w, noon);
  CHECK(disk.content.size() == 1);
}

TEST_CASE("backoff, cooldown and incompatibility survive a restart") {
  auto options = world::plain();
  options.disconnect_cooldown = 40s;
  options.retry.min_retry_time = 1min;
  world first{options};
  stored_state disk;
  first.know("abc");
  CHECK(first.dial_next() == 'a');
  CHECK(first.fail('a') == errc::none);
  CHECK(first.accepted('b').code == errc::none);
  first.now += 10s;
  CHECK(first.disconnected('b') == errc::none);
  CHECK(first.core.incompatible(peer('c'), {errc::wrong_network, "chain"},
                                first.now)
        == errc::none);
  disk.take(first, noon);
  world second{options};
  second.now = time_point{1s};
  CHECK(second.core.load(disk.all(), second.now, noon + 10s).empty());
  CHECK(second.dial_next() == 0);
  CHECK(second.sleep() == 30s);
  CHECK(second.dial_next() == 'b');
  CHECK(second.dial_next() == 0);
  CHECK(second.sleep() == 10s);
  CHECK(second.dial_next() == 'a');
  CHECK(second.dial_next() == 0);
  CHECK(second.about('c').state == peer_state::incompatible);
  second.core.introduce("other", second.now);
  CHECK(second.dial_next() == 'c');
}

TEST_CASE("who did not fit gets another chance after a restart as something "
          "else, and not as the same") {
  stored_state disk;
  world first{world::plain()};
  auto misfit = [&first](char who) {
    first.know(std::string_view{&who, 1});
    CHECK(first.core.incompatible(peer(who), {errc::no_common_channel, ""},
                                  first.now)
          == errc::none);
  };
  first.core.introduce("11 1 chain", first.now);
  misfit('a');
  CHECK(first.dial_next() == 0);
  // In the same run, who was judged last is judged by what holds last.
  first.core.introduce("11 1,2 chain", first.now);
  CHECK(first.dial_next() == 'a');
  CHECK(first.fail('a') == errc::none);
  misfit('b');
  misfit('c');
  first.core.introduce("11 1,2 chain", first.now);
  CHECK(first.dial_next() == 0);
  disk.take(first, noon);

  using row = std::pair<std::string, std::string>;
  for (const auto& [profile, dialed] :
       {row{"11 1,2 chain", ""}, row{"11 1,3 chain", "bc"}}) {
    CAPTURE(profile);
    world second{world::plain()};
    CHECK(second.core.load(disk.all(), second.now, noon).empty());
    second.core.introduce(profile, second.now);
    // The store learns of the pardon. The first one only waits.
    CHECK(second.core.has_changes() == !dialed.empty());
    auto all = second.dial_all();
    std::sort(all.begin(), all.end());
    CHECK(all == dialed);
  }
}

TEST_CASE("a clock that was wrong keeps nobody waiting for years") {
  world w{world::plain()};
  stored_state disk;
  disk.content[peer('a')] = {
      .id = peer('a'),
      .addresses = {{address('a'), 3, noon + 100'000h, noon + 1h, noon + 1h}},
      .score_milli = -50'000,
      .scored_at = noon + 100'000h,
      .dialable_at = noon + 100'000h,
      .last_connected = noon + 100'000h};
  CHECK(w.core.load(disk.all(), w.now, noon).empty());
  CHECK(w.behaviour('a') == doctest::Approx(-50));
  CHECK(w.sleep() <= 30min);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("strangers who come and go are never written down") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  CHECK_FALSE(w.core.has_changes());
  CHECK(w.disconnected('a') == errc::none);
  CHECK_FALSE(w.core.has_changes());
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.report('a', peer_behaviour::spam) == errc::none);
  CHECK(w.core.take_changes(w.now, noon).put.size() == 1);
  CHECK(w.core.unban(peer('a'), w.now) == errc::unknown_peer);
}

TEST_CASE("what is forgotten is erased") {
  world w{small(1)};
  w.know("a");
  stored_state disk;
  disk.take(w, noon);
  CHECK(disk.content.size() == 1);
  w.give('a', -1);
  CHECK(*w.core.add(address('b')));
  disk.take(w, noon);
  REQUIRE(disk.content.size() == 1);
  CHECK(disk.content.begin()->first == peer('b'));
}
