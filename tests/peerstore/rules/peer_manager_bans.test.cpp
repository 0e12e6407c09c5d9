// SPDX-License-Identifier: Apache-2.0

// What peers get for what they do, and what operators want.

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("small sins cost points, not the connection") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  for (int i = 0; i < 4; ++i)
    CHECK(w.report('a', peer_behaviour::bad_message) == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.behaviour('a') == doctest::Approx(-80));
  // They make it a victim when its slot is needed.
  CHECK(
      w.core.set_limits({.max_connected = 1, .max_connected_upgrade = 1}, w.now)
          .code
      == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.evict_next() == 'a');
}

TEST_CASE("many small sins end in a ban") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  for (int i = 0; i < 5; ++i)
    CHECK(w.report('a', peer_behaviour::bad_message) == errc::none);
  auto order = w.core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->reason == errc::banned);
  auto updates = w.core.take_updates();
  CHECK(updates.back().status == peer_status::banned);
  CHECK(updates.back().reason == errc::misbehaved);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('a').code == errc::banned);
  CHECK(w.about('a').explanation
        == "banned for 1h more: misbehaved: bad_message");
}

TEST_CASE("sins that are long ago do not add up") {
  world w{world::plain()};
  w.know("a");
  for (int i = 0; i < 20; ++i) {
    CHECK(w.report('a', peer_behaviour::bad_message) == errc::none);
    w.now += 1h;
  }
  CHECK_FALSE(w.is_banned(peer('a')));
}

TEST_CASE("a fatal behaviour ends the connection, and a second one is a ban") {
  world w{world::plain()};
  w.know('a', 500);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.report('a', peer_behaviour::protocol_violation) == errc::none);
  auto order = w.core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->reason == errc::misbehaved);
  CHECK_FALSE(w.is_banned(peer('a')));
  CHECK(w.disconnected('a') == errc::none);

  SUBCASE("while it is remembered") {
    w.now += 24h;
    CHECK(w.report('a', peer_behaviour::protocol_violation) == errc::none);
    CHECK(w.is_banned(peer('a')));
  }
  SUBCASE("and not later") {
    w.now += 25h;
    CHECK(w.report('a', peer_behaviour::protocol_violation) == errc::none);
    CHECK_FALSE(w.is_banned(peer('a')));
  }
}

TEST_CASE("every further ban lasts twice as long, up to the maximum") {
  world w{world::plain()};
  w.know("a");
  for (auto expected : {1h, 2h, 4h, 8h, 16h, 32h, 64h, 128h, 168h, 168h}) {
    CHECK(w.report('a', peer_behaviour::false_proof) == errc::none);
    if (!w.is_banned(peer('a')))
      CHECK(w.report('a', peer_behaviour::false_proof) == errc::none);
    REQUIRE(w.about('a').wait == duration{expected});
    w.now += expected - 1ns;
    CHECK(w.accepted('a').code == errc::banned);
    w.now += 1ns;
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.disconnected('a') == errc::none);
    (void)w.evict_next();
  }
}

TEST_CASE("a ban refuses dial, accept and gossip, ends the connection, "
          "and ends itself") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.core.ban(peer('a'), 1h, "test", w.now) == errc::none);
  CHECK(w.evict_next() == 'a');
  CHECK(w.ready('a') == errc::banned);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('a').code == errc::banned);
  CHECK(w.dial_next() == 0);
  CHECK(w.core.dial_now({.id = peer('a')}, w.now) == errc::banned);
  CHECK(w.core.advertise(peer('z'), 10, w.now).empty());
  // Whatever is dialed already is refused in the end.
  CHECK(w.dialed('a').code == errc::banned);
  CHECK(w.sleep() == 1h);
  CHECK(w.dial_next() == 'a');
  CHECK(w.core.advertise(peer('z'), 10, w.now).size() == 1);
}

TEST_CASE("a peer that is banned while it is dialed is refused") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.dial_next() == 'a');
  CHECK(w.core.ban(peer('a'), 1h, "test", w.now) == errc::none);
  CHECK(w.dialed('a').code == errc::banned);
  CHECK(w.dialing() == 0);
}

TEST_CASE(
    "an operator bans anybody, rules do not ban whom the operator chose") {
  auto options = world::plain();
  options.persistent_peers = {address('p')};
  options.unconditional_peers = {peer('u')};
  world w{options};
  for (auto first : {'p', 'u'}) {
    CHECK(w.accepted(first).code == errc::none);
    for (int i = 0; i < 5; ++i)
      CHECK(w.report(first, peer_behaviour::false_proof) == errc::none);
    CHECK_FALSE(w.is_banned(peer(first)));
    CHECK(w.evict_next() == first);
    CHECK(w.disconnected(first) == errc::none);
    CHECK(w.core.ban(peer(first), 1h, "told to", w.now) == errc::none);
    CHECK(w.accepted(first).code == errc::banned);
    CHECK(w.about(first).explanation
          == "banned for 1h more by an operator: told to");
  }
  // Strangers, too.
  CHECK(w.core.ban(peer('x'), 1h, "", w.now) == errc::none);
  CHECK(w.accepted('x').code == errc::banned);
  CHECK(w.core.ban(peer(world::own), 1h, "", w.now) == errc::self_connection);
  CHECK(w.core.ban(peer('x'), 0s, "", w.now) == errc::invalid_option);
}

TEST_CASE("unban lets a peer in at once and forgets what it did") {
  world w{world::plain()};
  w.know("a");
  for (int i = 0; i < 2; ++i)
    CHECK(w.report('a', peer_behaviour::false_proof) == errc::none);
  CHECK(w.is_banned(peer('a')));
  CHECK(w.core.unban(peer('b'), w.now) == errc::unknown_peer);
  CHECK(w.core.unban(peer('a'), w.now) == errc::none);
  CHECK(w.core.unban(peer('a'), w.now) == errc::unknown_peer);
  CHECK(w.behaviour('a') == 0);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("bans by rules are bounded, those of an operator are not among "
          "them") {
  auto options = world::plain();
  options.bans.max_banned = 2;
  world w{options};
  CHECK(w.core.ban(peer('z'), 1s, "operator", w.now) == errc::none);
  w.know("abc");
  for (auto first : {'a', 'b', 'c'}) {
    for (int i = 0; i < 2; ++i)
      CHECK(w.report(first, peer_behaviour::false_proof) == errc::none);
    w.now += 1ms;
  }
  CHECK(w.is_banned(peer('z')));
  CHECK_FALSE(w.is_banned(peer('a'))); // It would have been the first.
  CHECK(w.is_banned(peer('b')));
  CHECK(w.is_banned(peer('c')));
}

// -- operators ----------------------------------------------------------------

TEST_CASE(
    "an operator's dial wins over backoff, cooldown and incompatibility") {
  auto options = world::plain();
  options.disconnect_cooldown = 1h;
  world w{options};
  w.know("ab");
  CHECK(w.core.dial_now({.id = peer('x')}, w.now) == errc::unknown_peer);
  CHECK(w.core.dial_now({.id = peer(world::own)}, w.now)
        == errc::self_connection);

  SUBCASE("backoff") {
    CHECK(w.dial_all() == "ab");
    CHECK(w.fail('a') == errc::none);
    CHECK(w.fail('b') == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.core.dial_now({.id = peer('b')}, w.now) == errc::none);
    CHECK(w.dial_all() == "b");
  }
  SUBCASE("cooldown") {
    CHECK(w.accepted('b').code == errc::none);
    CHECK(w.core.dial_now({.id = peer('b')}, w.now) == errc::already_connected);
    CHECK(w.disconnected('b') == errc::none);
    CHECK(w.core.dial_now({.id = peer('b')}, w.now) == errc::none);
    CHECK(w.dial_all() == "ba");
  }
  SUBCASE("incompatibility") {
    CHECK(w.core.incompatible(peer('b'), {errc::wrong_network, ""}, w.now)
          == errc::none);
    CHECK(w.dial_all() == "a");
    CHECK(w.core.dial_now({.id = peer('b')}, w.now) == errc::none);
    CHECK(w.dial_all() == "b");
  }
  SUBCASE("an address that nobody knew") {
    CHECK(w.core.dial_now(address('x'), w.now) == errc::none);
    CHECK(w.dial_all() == "xab");
  }
  SUBCASE("a full node") {
    CHECK(
        w.core
            .set_limits({.max_connected = 1, .max_connected_upgrade = 1}, w.now)
            .code
        == errc::none);
    w.give('a', 50);
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.core.dial_now({.id = peer('b')}, w.now) == errc::none);
    CHECK(w.dial_next() == 'b');
    CHECK(w.view().upgrading.size() == 1);
  }
}

TEST_CASE("an operator disconnects a peer") {
  world w{world::plain()};
  CHECK(w.core.disconnect(peer('a')) == errc::not_connected);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.core.disconnect(peer('a')) == errc::none);
  CHECK(w.core.evict_next()->reason == errc::by_operator);
}

TEST_CASE("blocked peers are neither dialed nor accepted nor learned") {
  auto options = world::plain();
  options.blocked_peers = {peer('a')};
  options.persistent_peers = {address('a')};
  world w{options};
  CHECK_FALSE(*w.core.add(address('a', 2)));
  CHECK(w.accepted('a').code == errc::filtered);
  CHECK(w.dialed('a').code == errc::filtered);
  CHECK(w.dial_next() == 0);
  CHECK(w.about('a').state == peer_state::blocked);
}

TEST_CASE("what a connection found out about a peer when it ended lowers its "
          "score, and ends in a ban") {
  world w{world::plain()};
  for (int i = 0; i < 5; ++i) {
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.ready('a') == errc::none);
    CHECK(w.disconnected('a', errc::malformed_packet) == errc::none);
  }
  CHECK(w.is_banned(peer('a')));
  CHECK(w.accepted('a').code == errc::banned);
}

TEST_CASE(
    "how a connection ended lowers no score if we had ended it, or nobody "
    "is to blame") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
  SUBCASE("it was blamed before") {
    CHECK(w.errored('a', errc::malformed_message) == errc::none);
    CHECK(w.disconnected('a', errc::malformed_message) == errc::none);
    CHECK(w.behaviour('a') == doctest::Approx(-20));
  }
  SUBCASE("we had decided to end it") {
    CHECK(w.core.disconnect(peer('a')) == errc::none);
    CHECK(w.disconnected('a', errc::malformed_packet) == errc::none);
    CHECK(w.behaviour('a') == 0);
  }
  SUBCASE("it fell silent, or we had no memory for it") {
    for (auto reason : {errc::peer_silent, errc::over_budget,
                        errc::stalled_message, errc::invalid_state}) {
      CHECK(w.disconnected('a', reason) == errc::none);
      CHECK(w.accepted('a').code == errc::none);
    }
    CHECK(w.behaviour('a') == 0);
  }
}

TEST_CASE("a connection may end behind what is queued, within a minute") {
  world w{world::plain()};
  CHECK(w.core.hang_up(peer('a'), 5s) == errc::not_connected);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.core.hang_up(peer('a'), 1h) == errc::none);
  auto order = w.core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->reason == errc::hung_up);
  CHECK(order->linger == max_linger);
  CHECK_FALSE(w.core.evict_next());
}
