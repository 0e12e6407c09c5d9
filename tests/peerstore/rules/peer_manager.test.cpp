// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_manager.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

// -- adding -------------------------------------------------------------------

TEST_CASE("an address is added once") {
  world w;
  CHECK(*w.core.add(address('a', 1)));
  CHECK(*w.core.add(address('a', 2)));
  CHECK(*w.core.add(address('b')));
  CHECK_FALSE(*w.core.add(address('a', 1)));
  CHECK(w.peers() == std::vector{peer('a'), peer('b')});
  CHECK(w.addresses(peer('a'))
        == std::vector{address('a', 1), address('a', 2)});
  CHECK(w.addresses(peer('z')).empty());
}

TEST_CASE("an invalid address is refused, and nothing is known of it") {
  world w;
  CHECK(w.core.add({.id = peer('a'), .hostname = "host"}).code()
        == errc::invalid_address);
  CHECK(w.core.add({.protocol = "mconn", .hostname = "host"}).code()
        == errc::invalid_address);
  CHECK(w.peers().empty());
}

TEST_CASE("our own address is skipped") {
  auto options = world::plain();
  options.persistent_peers = {address(world::own), address('a')};
  world w{options};
  CHECK_FALSE(*w.core.add(address(world::own, 2)));
  CHECK(w.peers() == std::vector{peer('a')});
  CHECK(w.dial_all() == "a");
}

// -- connections --------------------------------------------------------------

TEST_CASE("a peer that is connected cannot be dialed again") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.dialed('a').code == errc::already_connected);
  CHECK(w.connected() == 1);
}

TEST_CASE("a dial that nobody asked for counts, too") {
  world w{world::limited(1)};
  w.know("ab");
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('b').code == errc::none);
  CHECK(w.dialed('a').code == errc::too_many_peers);
}

TEST_CASE("a peer that nobody told us about has not been dialed") {
  world w;
  CHECK(w.dialed('a').code == errc::unknown_peer);
  CHECK(w.peers().empty());
}

TEST_CASE("a refused dial gives its slot back") {
  world w{world::limited(1)};
  w.know("ab");
  CHECK(w.dial_next() == 'a');
  CHECK(w.accepted('c').code == errc::none);
  CHECK(w.dialed('a').code == errc::too_many_peers);
  CHECK(w.dialing() == 0);
  CHECK(w.dial_next() == 0);
  CHECK(w.disconnected('c') == errc::none);
  CHECK(w.dial_all() == "a");
}

TEST_CASE("we do not connect to ourselves") {
  world w;
  CHECK(w.accepted(world::own).code == errc::self_connection);
  CHECK(w.dialed(world::own).code == errc::self_connection);
  CHECK(w.connected() == 0);
  CHECK(w.peers().empty());
}

TEST_CASE("known and unknown peers are accepted, each once") {
  world w;
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('a').code == errc::already_connected);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.peers() == std::vector{peer('a'), peer('b')});
  CHECK(w.outgoing() == 0);
}

TEST_CASE("the peer that we are dialing may dial us") {
  world w{world::plain()};
  w.know("az");
  CHECK(w.dial_all() == "az");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('z').code == errc::none);
  // `a` is smaller than us, so its own dial is the one that stays.
  CHECK(w.dialed('a').code == errc::already_connected);
  // `z` is larger, so ours is.
  auto old = w.connection('z').generation;
  auto verdict = w.dialed('z');
  CHECK(verdict.code == errc::none);
  CHECK(verdict.replaces == old);
  CHECK(w.connected() == 2);
}

TEST_CASE("the peer that we dialed may only dial us if it is smaller") {
  world w{world::plain()};
  w.know("az");
  CHECK(w.dial_all() == "az");
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.dialed('z').code == errc::none);
  CHECK(w.accepted('z').code == errc::already_connected);
  CHECK(w.accepted('a').replaces == 1);
  CHECK(w.connected() == 2);
  CHECK(w.outgoing() == 1);
}

TEST_CASE("a full node accepts nobody") {
  world w{world::limited(2)};
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.accepted('c').code == errc::too_many_peers);
  CHECK(w.peers() == std::vector{peer('a'), peer('b')});
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('c').code == errc::none);
}

TEST_CASE("a replacement needs no slot of its own") {
  world w{world::limited(1)};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').generation == 1);
  auto verdict = w.accepted('a');
  CHECK(verdict.code == errc::none);
  CHECK(verdict.generation == 2);
  CHECK(verdict.replaces == 1);
}

TEST_CASE("without limit there is none") {
  auto options = world::plain();
  options.max_connected = {};
  world w{options};
  for (int c = 1; c < 128; ++c)
    if (c != world::own)
      CHECK(w.accepted(static_cast<char>(c)).code == errc::none);
  CHECK(w.connected() == 126);
}

TEST_CASE("a refused connection changes nothing") {
  world w{world::limited(1)};
  w.know("ab");
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  CHECK(w.accepted('c').code == errc::none);
  auto before = picture(w);
  CHECK(w.accepted('a').code == errc::too_many_peers);
  CHECK(w.accepted('x').code == errc::too_many_peers);
  CHECK(w.accepted('c').code == errc::already_connected);
  CHECK(w.dialed('a').code == errc::too_many_peers);
  CHECK(picture(w) == before);
  // The failure of `a` is not forgiven: it still has to wait.
  CHECK(w.disconnected('c') == errc::none);
  CHECK(w.dial_all() == "b");
}

// -- ready and disconnected ---------------------------------------------------

TEST_CASE("a peer is up from ready to disconnected") {
  world w;
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.status(peer('a')) == peer_status::down);
  CHECK(w.updates().empty());
  CHECK(w.ready('a') == errc::none);
  CHECK(w.status(peer('a')) == peer_status::up);
  CHECK(w.updates() == "+a");
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.status(peer('a')) == peer_status::down);
  CHECK(w.updates() == "-a");
}

TEST_CASE("an update tells about the connection") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  auto generation = w.dialed('a').generation;
  peer_info info{{"mconn", ip_address::v4(1, 2, 3, 4), 5}, "Alice", {42}};
  CHECK(w.ready('a', info) == errc::none);
  peer_update up{.peer = peer('a'),
                 .status = peer_status::up,
                 .generation = generation,
                 .way = direction::outbound,
                 .info = info};
  CHECK(w.core.take_updates() == std::vector{up});
  CHECK(w.core.take_updates().empty());
  CHECK(w.disconnected('a', errc::peer_silent) == errc::none);
  peer_update down{.peer = peer('a'),
                   .status = peer_status::down,
                   .generation = generation,
                   .way = direction::outbound,
                   .reason = errc::peer_silent};
  CHECK(w.core.take_updates() == std::vector{down});
}

TEST_CASE("ready counts once, and only for a connection") {
  world w;
  w.know("a");
  CHECK(w.core.ready({peer('a'), 1}, {}) == errc::not_connected);
  CHECK(w.core.ready({peer('x'), 1}, {}) == errc::not_connected);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.core.ready({peer('a'), 0}, {}) == errc::not_connected);
  CHECK(w.core.ready({peer('a'), 2}, {}) == errc::not_connected);
  CHECK(w.ready('a') == errc::none);
  CHECK(w.ready('a') == errc::invalid_state);
  CHECK(w.updates() == "+a");
}

TEST_CASE("what is not connected cannot disconnect") {
  world w;
  w.know("a");
  auto before = picture(w);
  CHECK(w.core.disconnected({peer('x'), 1}, errc::timeout, w.now)
        == errc::not_connected);
  CHECK(w.core.disconnected({peer('a'), 1}, errc::timeout, w.now)
        == errc::not_connected);
  CHECK(picture(w) == before);
  // No cooldown either.
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("a connection that was never up does not go down") {
  world w;
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.updates().empty());
}

TEST_CASE("the end of a connection does not end a dial") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK(w.dialed('a').code == errc::none);
}

TEST_CASE("strangers leave nothing behind") {
  world w{world::limited(1)};
  w.know("a");
  for (int i = 0; i < 100; ++i) {
    CHECK(w.accepted('x').code == errc::none);
    CHECK(w.disconnected('x') == errc::none);
  }
  CHECK(w.peers() == std::vector{peer('a')});
}

// -- eviction -----------------------------------------------------------------

TEST_CASE("an errored peer is evicted once") {
  world w;
  CHECK(w.evict_next() == 0);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.errored('a', errc::malformed_message) == errc::none);
  auto order = w.core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->connection == w.connection('a'));
  CHECK(order->reason == errc::malformed_message);
  CHECK(w.evict_next() == 0);
  CHECK(w.errored('a') == errc::none);
  CHECK(w.evict_next() == 0);
}

TEST_CASE("an evicted peer goes down for what it did first") {
  world w;
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  CHECK(w.errored('a', errc::malformed_message) == errc::none);
  CHECK(w.errored('a', errc::oversized_message) == errc::none);
  CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
  auto updates = w.core.take_updates();
  REQUIRE(updates.size() == 4);
  CHECK(updates[1].status == peer_status::bad);
  CHECK(updates[2].status == peer_status::bad);
  CHECK(updates[3].status == peer_status::down);
  CHECK(updates[3].reason == errc::malformed_message);
  CHECK(w.evict_next() == 0);
}

TEST_CASE("the text of an update belongs to its reason, and decides nothing") {
  world w;
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  const auto which = w.connection('a');
  SUBCASE("of an end that nobody had decided") {
    CHECK(w.core.disconnected(which, errc::peer_silent, w.now,
                              "banned by operator\a")
          == errc::none);
    const auto down = w.core.take_updates().back();
    CHECK(down.reason == errc::peer_silent);
    CHECK(down.text == "banned by operator ");
  }
  SUBCASE("of an error that was reported") {
    CHECK(w.core.errored(which, errc::unexpected_message, w.now, "why")
          == errc::none);
    CHECK(w.core.disconnected(which, errc::timeout, w.now, "late")
          == errc::none);
    const auto down = w.core.take_updates().back();
    CHECK(down.reason == errc::unexpected_message);
    CHECK(down.text == "why");
  }
  SUBCASE("of a ban") {
    CHECK(w.core.ban(which.peer, 1min, "noise", w.now) == errc::none);
    CHECK(w.core.take_updates().back().text == "noise");
    CHECK(w.disconnected('a') == errc::none);
    const auto down = w.core.take_updates().back();
    CHECK(down.reason == errc::banned);
    CHECK(down.text == "noise");
  }
}

TEST_CASE("errors of peers that are not connected are not held against "
          "them later") {
  world w;
  w.know("a");
  CHECK(w.core.errored({peer('x'), 1}, errc::timeout, w.now)
        == errc::not_connected);
  CHECK(w.core.errored({peer('a'), 1}, errc::timeout, w.now)
        == errc::not_connected);
  CHECK(w.peers() == std::vector{peer('a')});
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.errored('a', errc::none) == errc::none);
  CHECK(w.core.evict_next()->reason == errc::evicted);
}

TEST_CASE("an eviction that comes before ready is not lost") {
  world w;
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.errored('a', errc::filtered) == errc::none);
  CHECK(w.ready('a') == errc::filtered);
  CHECK(w.status(peer('a')) == peer_status::down);
  CHECK(w.evict_next() == 'a');
  CHECK(w.ready('a') == errc::filtered);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.updates().empty());
}

TEST_CASE("a new connection does not pay for the old one") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  auto old = w.connection('a');
  CHECK(w.errored('a') == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.core.errored(old, errc::timeout, w.now) == errc::not_connected);
  CHECK(w.core.ready(old, {}) == errc::not_connected);
  CHECK(w.core.disconnected(old, errc::timeout, w.now) == errc::not_connected);
  CHECK(w.evict_next() == 0);
  CHECK(w.status(peer('a')) == peer_status::up);
  CHECK(w.connection('a').generation > old.generation);
}

TEST_CASE("neither does a connection that replaced another") {
  world w{world::plain()};
  w.know("z");
  CHECK(w.accepted('z').code == errc::none);
  auto old = w.connection('z');
  CHECK(w.ready('z') == errc::none);
  CHECK(w.errored('z') == errc::none);
  CHECK(w.dial_next() == 0);
  CHECK(w.dialed('z').replaces == old.generation);
  CHECK(w.ready('z') == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.core.disconnected(old, errc::timeout, w.now) == errc::not_connected);
  CHECK(w.connected() == 1);
  CHECK(w.updates() == "+z-z+z");
}

// -- updates ------------------------------------------------------------------

TEST_CASE("a whole life") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  CHECK(w.errored('a') == errc::none);
  CHECK(w.evict_next() == 'a');
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  CHECK(w.updates() == "+a-a+a-a");
}

TEST_CASE("who comes late gets a snapshot of what is up") {
  world w;
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('c').code == errc::none);
  CHECK(w.core.snapshot().empty());
  CHECK(w.ready('b', {.moniker = "Bob"}) == errc::none);
  CHECK(w.ready('a', {.moniker = "Alice"}) == errc::none);
  auto updates = w.core.take_updates();
  std::swap(updates[0], updates[1]);
  CHECK(w.core.snapshot() == updates);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.core.snapshot().size() == 1);
}
