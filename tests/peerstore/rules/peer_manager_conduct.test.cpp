// SPDX-License-Identifier: Apache-2.0

// What we do ourselves is not held against a peer.

#include "stored_state.hpp"
#include "troupe/peerstore/rules/conduct.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

peer_manager_options patient() {
  auto options = world::plain();
  options.disconnect_cooldown = 2s;
  return options;
}

constexpr errc of_ours[]
    = {errc::shutting_down, errc::by_operator,   errc::evicted,
       errc::queue_full,    errc::invalid_state, errc::already_connected,
       errc::store_failed,  errc::banned,        errc::too_many_peers};

constexpr errc of_remote[]
    = {errc::connection_closed, errc::peer_silent, errc::malformed_packet,
       errc::rate_limited,      errc::timeout,     errc::undecryptable_frame};

} // namespace

TEST_CASE("a connection that we end early costs its peer nothing, and nothing "
          "of it is stored") {
  for (auto reason : of_ours) {
    CAPTURE(to_string(reason));
    CHECK(is_ours(reason));
    stored_state store;
    world first{patient()};
    first.know("a");
    for (int i = 0; i < 6; ++i) {
      REQUIRE(first.dial_next() == 'a');
      CHECK(first.dialed('a').code == errc::none);
      CHECK(first.disconnected('a', reason) == errc::none);
      CHECK(first.about('a').score.short_connections == 0);
      // We do not come back at once either, but never later than that.
      CHECK(first.dial_next() == 0);
      CHECK(first.sleep() == 2s);
    }
    store.take(first, noon);
    CHECK(store.content.at(peer('a')).short_connections == 0);
    CHECK_FALSE(store.content.at(peer('a')).dialable_at);
    world second{patient()};
    CHECK(second.core.load(store.all(), second.now, noon).empty());
    CHECK(second.dial_next() == 'a');
  }
}

TEST_CASE("a connection that the remote ends early costs its peer more and "
          "more") {
  for (auto reason : of_remote) {
    CAPTURE(to_string(reason));
    CHECK_FALSE(is_ours(reason));
    world w{patient()};
    w.know("a");
    for (auto wait : {4s, 8s, 16s}) {
      REQUIRE(w.dial_next() == 'a');
      CHECK(w.dialed('a').code == errc::none);
      CHECK(w.disconnected('a', reason) == errc::none);
      CHECK(w.dial_next() == 0);
      auto next = w.core.next_notice();
      REQUIRE(next);
      CHECK(next->peer == peer('a'));
      CHECK(next->wait >= duration{wait} / 2);
      CHECK(next->why.find("short ones in a row") != std::string::npos);
      (void)w.sleep();
    }
    CHECK(w.about('a').score.short_connections < 0);
  }
}

TEST_CASE("what we end does not make old penalties young") {
  world w{patient()};
  w.know("a");
  REQUIRE(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  w.now += 1h;
  auto before = w.about('a').score.short_connections;
  CHECK(before < 0);
  REQUIRE(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.disconnected('a', errc::shutting_down) == errc::none);
  CHECK(w.about('a').score.short_connections == before);
}

TEST_CASE("an eviction, and limits that fall, cost the peer nothing") {
  auto options = patient();
  options.max_connected = 2;
  options.max_connected_upgrade = 1;
  world w{options};
  w.know('z', 5);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.accepted('z').code == errc::none);
  auto evicted = w.evict_next();
  REQUIRE(evicted != 0);
  w.know(std::string_view{&evicted, 1});
  // However it ends in the end: why we ended it counts.
  CHECK(w.disconnected(evicted, errc::connection_closed) == errc::none);
  CHECK(w.about(evicted).score.short_connections == 0);
  CHECK(w.core.set_limits({.max_connected = 1}, w.now).code == errc::none);
  auto surplus = w.evict_next();
  REQUIRE(surplus != 0);
  w.know(std::string_view{&surplus, 1});
  CHECK(w.disconnected(surplus) == errc::none);
  CHECK(w.about(surplus).score.short_connections == 0);
}

TEST_CASE("a dial that we give up is no failure of the address") {
  stored_state store;
  world first{patient()};
  first.know("a");
  for (int i = 0; i < 6; ++i) {
    REQUIRE(first.dial_next() == 'a');
    CHECK(first.core.dial_failed(address('a'), first.now,
                                 {errc::shutting_down, ""})
          == errc::none);
    CHECK(first.about('a').score.failures == 0);
    CHECK(first.dial_next() == 0);
    CHECK(first.sleep() == 2s);
  }
  store.take(first, noon);
  world second{patient()};
  CHECK(second.core.load(store.all(), second.now, noon).empty());
  CHECK(second.dial_next() == 'a');
}

TEST_CASE("whoever waits longer than a second says so, and why") {
  auto options = patient();
  options.retry.min_retry_time = 700ms;
  world w{options};
  w.know("a");
  auto fail = [&w] {
    REQUIRE(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
    return w.core.next_notice();
  };
  CHECK_FALSE(fail());
  (void)w.sleep();
  auto second = fail();
  REQUIRE(second);
  CHECK(second->wait == duration{1400ms});
  CHECK(second->why.find("2 failed dials") != std::string::npos);
  CHECK_FALSE(w.core.next_notice());
  // Also when it begins with that.
  stored_state store;
  store.take(w, noon);
  options.persistent_peers = {address('a')};
  world next{options};
  CHECK(next.core.load(store.all(), next.now, noon).empty());
  REQUIRE(next.core.next_notice());
  // Others are too many for that.
  options.persistent_peers.clear();
  world other{options};
  CHECK(other.core.load(store.all(), other.now, noon).empty());
  CHECK_FALSE(other.core.next_notice());
}

TEST_CASE("notices that nobody takes are bounded, the newest stay") {
  auto options = patient();
  options.max_peers = 1'000;
  world w{options};
  for (uint16_t port = 1; port <= 400; ++port) {
    auto x = address('a', port);
    std::array<std::byte, node_id::size> raw{};
    raw[0] = static_cast<std::byte>(port & 0xff);
    raw[1] = static_cast<std::byte>(port >> 8);
    raw[2] = std::byte{1};
    x.id = node_id{raw};
    REQUIRE(*w.core.add(x));
  }
  for (int i = 0; i < 400; ++i) {
    auto next = w.core.dial_next(w.now);
    REQUIRE(next);
    CHECK(w.core.dialed(*next, w.now).code == errc::none);
    CHECK(w.core.disconnected(*w.connection_to(next->id),
                              errc::connection_closed, w.now)
          == errc::none);
  }
  size_t count = 0;
  while (w.core.next_notice())
    ++count;
  CHECK(count == 256);
}
