// SPDX-License-Identifier: Apache-2.0

// What the peer manager tells others about peers.

#include <map>
#include <string>
#include <utility>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

// -- advertise ----------------------------------------------------------------

TEST_CASE("everybody's addresses are told, not the asker's own") {
  world w{world::plain()};
  for (auto first : {'a', 'b', 'c'})
    for (uint16_t port : {1, 2})
      CHECK(*w.core.add(address(first, port)));
  CHECK(w.core.advertise(peer('z'), 100, w.now).size() == 6);
  auto told = w.core.advertise(peer('a'), 100, w.now);
  CHECK(told.size() == 4);
  for (const auto& x : told)
    CHECK(x.id != peer('a'));
  CHECK(w.core.advertise(peer('z'), 0, w.now).empty());
  CHECK(w.core.advertise(peer('z'), SIZE_MAX, w.now).size() == 6);
}

TEST_CASE("better peers are told about more often") {
  world w{world::plain()};
  for (auto first : {'a', 'b', 'c', 'd'})
    for (uint16_t port : {1, 2})
      CHECK(*w.core.add(address(first, port)));
  w.give('b', 30);
  w.give('c', 20);
  w.give('d', -20);
  int lowest = 0;
  for (int i = 0; i < 100; ++i) {
    auto told = w.core.advertise(peer('a'), 2, w.now);
    REQUIRE(told.size() == 2);
    for (const auto& x : told) {
      REQUIRE(x.id != peer('a'));
      lowest += x.id == peer('d') ? 1 : 0;
    }
  }
  CHECK(lowest <= 20);
  // Not always the same ones.
  std::set<node_address> seen;
  for (int i = 0; i < 100; ++i)
    for (const auto& x : w.core.advertise(peer('a'), 2, w.now))
      seen.insert(x);
  CHECK(seen.size() >= 4);
}

TEST_CASE("we come first, and take nobody's place beyond the "
          "limit") {
  auto options = world::plain();
  options.self_address = address(world::own);
  world w{options};
  CHECK(w.core.advertise(peer('z'), 1, w.now)
        == std::vector{address(world::own)});
  CHECK(w.core.advertise(peer('z'), 0, w.now).empty());
  w.know("abc");
  auto told = w.core.advertise(peer('z'), 4, w.now);
  CHECK(told.size() == 4);
  CHECK(told.front() == address(world::own));
  CHECK(w.core.advertise(peer('z'), 2, w.now).size() == 2);
}

TEST_CASE("private peers are nobody's business") {
  auto options = world::plain();
  options.private_peers = {peer('a'), peer('b')};
  world w{options};
  w.know("ab");
  CHECK(w.core.advertise(peer('z'), 100, w.now).empty());
}

namespace {

/// Knows so many peers, each over TCP and over QUIC.
void know_both_ways(world& w, size_t peers) {
  for (size_t i = 0; i < peers; ++i) {
    auto both = address(static_cast<char>('A' + i));
    both.hostname = fmt::format("8.8.{}.1", i);
    CHECK(*w.core.add(both));
    both.protocol = "quic";
    CHECK(*w.core.add(both));
  }
}

/// How many addresses over each protocol that peer is told of.
std::map<std::string, size_t> told_to(world& w, char asker, size_t most) {
  std::map<std::string, size_t> result;
  for (const auto& x : w.core.advertise(peer(asker), most, w.now))
    ++result[x.protocol];
  return result;
}

} // namespace

TEST_CASE("only nodes of ours are told of addresses over QUIC") {
  using counts = std::map<std::string, size_t>;
  world w{world::plain()};
  know_both_ways(w, 3);
  // Nobody knows what a stranger is, or who has not introduced himself.
  CHECK(told_to(w, 'z', 100) == counts{{"mconn", 3}});
  CHECK(w.accepted('z').code == errc::none);
  CHECK(told_to(w, 'z', 100) == counts{{"mconn", 3}});
  CHECK(w.ready('z', {.version = "troupe-0.1.0"}) == errc::none);
  CHECK(told_to(w, 'z', 100) == counts{{"mconn", 3}, {"quic", 3}});
  for (auto version : {"0.38.17", "0.35.9", "1.0.0", "troupes", ""}) {
    CAPTURE(version);
    CHECK(w.disconnected('z') == errc::none);
    CHECK(w.accepted('z').code == errc::none);
    CHECK(w.ready('z', {.version = version}) == errc::none);
    CHECK(told_to(w, 'z', 100) == counts{{"mconn", 3}});
  }
}

TEST_CASE("addresses over QUIC take nobody's place in what others are told") {
  world w{world::plain()};
  know_both_ways(w, 20);
  CHECK(told_to(w, 'z', 20) == std::map<std::string, size_t>{{"mconn", 20}});
}

TEST_CASE("where we listen with QUIC, only nodes of ours are told") {
  world w{world::plain()};
  w.core.listens_at({{"mconn", ip_address::v4(8, 8, 8, 8), 1, {}},
                     {"quic", ip_address::v4(8, 8, 8, 8), 1, {}}});
  for (auto [asker, version] : {std::pair{'y', "0.38.17"}, {'z', "troupe-1"}}) {
    CHECK(w.accepted(asker).code == errc::none);
    CHECK(w.ready(asker, {.version = version}) == errc::none);
  }
  CHECK(told_to(w, 'y', 100) == std::map<std::string, size_t>{{"mconn", 1}});
  CHECK(told_to(w, 'z', 100)
        == std::map<std::string, size_t>{{"mconn", 1}, {"quic", 1}});
}

// -- reports ------------------------------------------------------------------

TEST_CASE("a report says in words why a peer is or is not connected") {
  auto options = world::limited(1);
  options.retry.min_retry_time = 10s;
  options.disconnect_cooldown = 3s;
  world w{options};
  w.know("abz");
  CHECK(w.about('a').explanation == "to be dialed, as soon as it is its turn");
  CHECK(w.dial_next() == 'a');
  CHECK(w.about('a').state == peer_state::dialing);
  CHECK(w.about('b').state == peer_state::no_slot);
  CHECK(w.about('b').explanation
        == "no slot: 0 connected, 1 dialing, and nobody who is worse by 1 "
           "points could make way");
  CHECK(w.fail('a') == errc::none);
  CHECK(w.about('a').explanation
        == "backing off for 10s after 1 failed dials of its best address");
  CHECK(w.about('a').addresses.front().failures == 1);
  CHECK(in_words(w.about('a').score) == "-1.0 = -1.0 failed dials");
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.about('b').state == peer_state::connected);
  CHECK(w.ready('b') == errc::none);
  w.now += 61s;
  CHECK(w.about('b').state == peer_state::up);
  CHECK(w.about('b').explanation == "connected inbound for 1m 1s");
  CHECK(w.errored('b', errc::timeout) == errc::none);
  CHECK(w.about('b').explanation
        == "connected inbound for 1m 1s, being closed: timeout");
  CHECK(w.disconnected('b') == errc::none);
  CHECK(w.about('b').explanation
        == "backing off for 3s after its connection ended (0 short ones in a "
           "row)");
  auto all = w.core.list(2, w.now);
  CHECK(all.size() == 2);
  CHECK(all.front().peer == peer('b')); // It lasted, which is worth a point.
  CHECK_FALSE(w.core.describe(peer('x'), w.now).has_value());
}

TEST_CASE("durations and scores have words") {
  CHECK(in_words(250ms) == "250ms");
  CHECK(in_words(59s + 999ms) == "59s");
  CHECK(in_words(60s) == "1m");
  CHECK(in_words(2h + 5min + 3s) == "2h 5m");
  CHECK(in_words(49h) == "2d 1h");
  CHECK(in_words(24h + 1s) == "1d");
  CHECK(in_words(score_explanation{100, 2.5, -1, -3})
        == "-1.5 = 2.5 behaviour - 1.0 failed dials - 3.0 short connections");
  CHECK(in_words(score_explanation{}) == "0.0");
}

// -- a hundred thousand peers -------------------------------------------------

TEST_CASE("the work of an operation does not grow with the number of peers") {
  auto options = world::plain();
  options.max_peers = 100'000;
  options.max_connected = 50;
  options.max_connected_upgrade = 2;
  world w{options};
  auto id_of = [](uint32_t number) {
    std::array<std::byte, node_id::size> raw{};
    raw[0] = std::byte{1};
    std::memcpy(raw.data() + 1, &number, sizeof number);
    return node_id{raw};
  };
  uint32_t next = 0;
  auto newcomer = [&] {
    ++next;
    return node_address{.protocol = "mconn",
                        .id = id_of(next),
                        .hostname = fmt::format("h{}", next),
                        .port = 1};
  };
  while (w.size() < options.max_peers)
    CHECK(*w.core.add(newcomer()));
  // Fill the slots, half of the dials fail.
  for (int i = 0; w.connected() < 50; ++i) {
    auto target = w.core.dial_next(w.now);
    REQUIRE(target.has_value());
    if (i % 2 == 0)
      CHECK(w.core.dial_failed(*target, w.now) == errc::none);
    else
      CHECK(w.core.dialed(*target, w.now).code == errc::none);
  }
  // If one of these looked at all peers, this would take longer than a test
  // may.
  constexpr uint32_t rounds = 20'000;
  for (uint32_t i = 1; i <= rounds; ++i) {
    (void)w.core.add(newcomer());
    (void)w.core.report(id_of(i), peer_behaviour::spam, w.now);
    w.now += 1ms;
    (void)w.core.dial_next(w.now);
    (void)w.core.next_wakeup();
  }
  CHECK(w.connected() == 50);
  CHECK(w.core.state().peers.ranked() == options.max_peers);
}
