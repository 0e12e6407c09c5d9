// SPDX-License-Identifier: Apache-2.0

// Whom the peer manager dials, and when.

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a peer is dialed once at a time") {
  world w{world::plain()};
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
  w.know("a");
  CHECK(w.core.next_wakeup().has_value());
  CHECK(w.dial_next() == 'a');
  CHECK(w.dial_next() == 0);
}

TEST_CASE("the wait doubles with every failure") {
  auto options = world::plain();
  options.retry.min_retry_time = 100ms;
  options.retry.max_retry_time = 500ms;
  world w{options};
  w.know("a");
  for (auto wait : {100ms, 200ms, 400ms, 500ms, 500ms}) {
    CHECK(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.sleep() == wait);
  }
}

TEST_CASE("a success makes the address as good as new") {
  world w{world::plain()};
  w.know("a");
  for (int i = 0; i < 5; ++i) {
    CHECK(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
    w.sleep();
  }
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  CHECK(w.sleep() == 250ms);
}

TEST_CASE("a failed address can be dialed at its time, not before") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  w.now += 250ms - 1ns;
  CHECK(w.dial_next() == 0);
  w.now += 1ns;
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("a failure makes room for another peer at "
          "once") {
  auto options = world::limited(1);
  options.retry.min_retry_time = 10s;
  world w{options};
  w.know("ab");
  CHECK(w.dial_all() == "a");
  CHECK(w.fail('a') == errc::none);
  CHECK(w.dial_all() == "b");
}

TEST_CASE("a peer that came to us and left is dialed") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("a peer that comes to us is alive, so its failures are forgiven") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("dials take the slots of the connections they may become") {
  world w{world::limited(2)};
  w.know("abc");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.dial_all() == "b");
  CHECK(w.dialed('b').code == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() != 0);
}

TEST_CASE("a dial to a peer that is connected meanwhile takes no second slot") {
  world w{world::limited(2)};
  w.know("ab");
  CHECK(w.dial_next() == 'a');
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.dial_next() == 'b');
}

TEST_CASE("no address of a peer is dialed while another one is, or "
          "while it is connected") {
  world w{world::plain()};
  w.know("a");
  CHECK(*w.core.add(address('a', 2)));
  CHECK(w.dial_all() == "a");
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.dial_next() == 0);
  w.know("b");
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.dial_next() == 0);
}

TEST_CASE("all addresses of all peers get their turn") {
  auto options = world::plain();
  options.retry.min_retry_time = 1s;
  world w{options};
  for (auto first : {'a', 'b'})
    for (uint16_t port : {1, 2})
      CHECK(*w.core.add(address(first, port)));
  std::set<node_address> seen;
  while (auto next = w.core.dial_next(w.now)) {
    CHECK(seen.insert(*next).second);
    CHECK(w.core.dial_failed(*next, w.now) == errc::none);
  }
  CHECK(seen.size() == 4);
}

TEST_CASE("the address that failed least comes first") {
  world w{world::plain()};
  for (uint16_t port : {1, 2})
    CHECK(*w.core.add(address('a', port)));
  // Both fail once, then the first one again.
  for (uint16_t port : {1, 2, 1}) {
    CHECK(w.core.dial_next(w.now) == address('a', port));
    CHECK(w.fail('a', port) == errc::none);
    if (port == 2)
      w.sleep();
  }
  // Two failures against one.
  w.now += 1min;
  CHECK(w.core.dial_next(w.now) == address('a', 2));
  CHECK(w.dialed('a', 2).code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.core.dial_next(w.now) == address('a', 2));
}

TEST_CASE("persistent peers come first, whatever happened to them") {
  auto options = world::plain();
  options.persistent_peers = {address('y'), address('z')};
  world w{options};
  w.know("a");
  CHECK(w.dial_next() == 'y');
  CHECK(w.fail('y') == errc::none);
  w.now += 1min;
  CHECK(w.dial_all() == "zya");
}

TEST_CASE("among equals, who waits longest comes first") {
  world w{world::plain()};
  w.know("abc");
  CHECK(w.dial_all() == "abc");
  for (auto first : {'b', 'c', 'a'}) {
    CHECK(w.fail(first) == errc::none);
    w.now += 1ms;
  }
  w.now += 1min;
  CHECK(w.dial_all() == "bca");
}

TEST_CASE("the wake-up and the check agree on the time") {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    auto options = world::plain();
    options.retry.retry_time_jitter = 5s;
    world w{options, seed};
    w.know("a");
    for (int i = 0; i < 5; ++i) {
      REQUIRE(w.dial_next() == 'a');
      REQUIRE(w.fail('a') == errc::none);
      auto when = *w.core.next_wakeup();
      REQUIRE(when == *w.core.next_wakeup());
      w.now = when - 1ns;
      REQUIRE(w.dial_next() == 0);
      w.now = when;
    }
  }
}

TEST_CASE("dials in flight count as outgoing") {
  auto options = world::plain();
  options.max_outgoing = 2;
  world w{options};
  w.know("abcdefghi");
  const auto first = w.dial_all();
  REQUIRE(first.size() == 2);
  CHECK(w.fail(first[0]) == errc::none);
  const auto next = w.dial_all();
  REQUIRE(next.size() == 1);
  CHECK(w.dialed(first[1]).code == errc::none);
  CHECK(w.dialed(next[0]).code == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
  CHECK(w.dialed(first[0]).code == errc::too_many_peers);
  CHECK(w.outgoing() == 2);
  CHECK(w.disconnected(first[1]) == errc::none);
  CHECK(w.dial_all().size() == 1);
}

TEST_CASE("inbound connections leave outgoing slots alone") {
  auto options = world::limited(3);
  options.max_outgoing = 1;
  world w{options};
  w.know("ab");
  CHECK(w.accepted('x').code == errc::none);
  CHECK(w.accepted('y').code == errc::none);
  CHECK(w.dial_all() == "a");
}

TEST_CASE("a replacement must not exceed the outgoing limit") {
  auto options = world::plain();
  options.max_outgoing = 1;
  world w{options};
  w.know("az");
  CHECK(w.dial_all() == "a");
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.accepted('z').code == errc::none);
  CHECK(w.dialed('z').code == errc::too_many_peers);
  CHECK(w.connection('z').generation == 2);
  CHECK(w.outgoing() == 1);
}

TEST_CASE("a peer whose connection ended is left alone for a while") {
  auto options = world::plain();
  options.disconnect_cooldown = 2s;
  world w{options};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  w.now += 1h;
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 0);
  w.now += 2s - 1ns;
  CHECK(w.dial_next() == 0);
  CHECK(w.sleep() == 1ns);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("a peer that hangs up on us again and again is dialed less and "
          "less often") {
  auto options = world::plain();
  options.disconnect_cooldown = 2s;
  world w{options};
  w.know("a");
  for (auto wait : {2s, 4s, 8s, 16s}) {
    CHECK(w.dial_next() == 'a');
    CHECK(w.dialed('a').code == errc::none);
    w.now += 10s - 1ns;
    CHECK(w.disconnected('a') == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.sleep() == wait);
  }
  // One good connection and all is well.
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  w.now += 10s;
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK(w.sleep() == 2s);
}

TEST_CASE("the cooldown has a maximum") {
  auto options = world::plain();
  options.disconnect_cooldown = 2s;
  options.persistent_peers = {address('a')};
  world w{options};
  auto wait = duration::zero();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(w.dial_next() == 'a');
    REQUIRE(w.dialed('a').code == errc::none);
    REQUIRE(w.disconnected('a') == errc::none);
    REQUIRE(w.dial_next() == 0);
    wait = w.sleep();
  }
  CHECK(wait == 5min);
}

TEST_CASE("a persistent peer is never given up") {
  auto options = world::plain();
  options.retry.retry_time_jitter = 5s;
  options.persistent_peers = {address('a')};
  world w{options};
  for (int i = 1; i <= 1000; ++i) {
    REQUIRE(w.dial_next() == 'a');
    REQUIRE(w.fail('a') == errc::none);
    auto wait = w.sleep();
    REQUIRE(wait >= std::min<duration>(i * 250ms, 5min));
    REQUIRE(wait < 5min + 5s);
  }
  CHECK(w.addresses(peer('a')).size() == 1);
}

TEST_CASE("failures alone make nobody forgotten") {
  // Upstream deletes a peer whose wait has reached its maximum, and with it all
  // peers of a node that was offline for some minutes.
  auto options = world::plain();
  options.retry.max_retry_time = 1s;
  world w{options};
  w.know("a");
  for (int i = 0; i < 100; ++i) {
    CHECK(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.sleep() <= 1s);
  }
}

TEST_CASE("a place where another peer answers is not dialed") {
  auto shared = address('b');
  shared.hostname = address('a').hostname;
  world w{world::plain()};
  w.know("a");
  CHECK(*w.core.add(shared));
  CHECK(w.dial_all() == "a");
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() != 0);
  CHECK(w.dial_next() == 0);
}

TEST_CASE("claiming a place does not keep its owner from being dialed") {
  // `a` says that it answers where `b` does, and comes to us from elsewhere.
  auto claimed = address('a');
  claimed.hostname = address('b').hostname;
  world w{world::plain()};
  CHECK(*w.core.add(claimed));
  w.know("b");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.dial_all() == "b");
}

TEST_CASE("without host name, every peer has a place of its own") {
  world w{world::plain()};
  for (auto first : {'a', 'b'})
    CHECK(*w.core.add({.protocol = "memory", .id = peer(first)}));
  CHECK(w.dial_all() == "ab");
}

TEST_CASE("a dial may end with another address of the same peer") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a', 9) == errc::none);
  CHECK(w.addresses(peer('a')) == std::vector{address('a')});
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("a dial that nobody made cannot fail") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  auto before = picture(w);
  CHECK(w.fail('a') == errc::unknown_peer);
  CHECK(w.fail('x') == errc::unknown_peer);
  CHECK(picture(w) == before);
}

TEST_CASE("a dial without outcome fails at its deadline") {
  auto options = world::limited(1);
  options.dial_deadline = 60s;
  world w{options};
  w.know("a");
  CHECK(w.dial_all() == "a");
  CHECK(w.sleep() == 60s);
  CHECK(w.dial_next() == 0);
  // It counts as a failure.
  CHECK(w.fail('a') == errc::unknown_peer);
  CHECK(w.sleep() == 250ms);
  // A success that comes too late is one nevertheless.
  CHECK(w.dial_all() == "a");
  w.now += 60s;
  CHECK(w.dial_next() == 0);
  CHECK(w.dialed('a').code == errc::none);
}
