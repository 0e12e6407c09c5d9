// SPDX-License-Identifier: Apache-2.0

// Better peers take the place of worse ones. Numbers in brackets are points.

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A peer with that many points dials us, and gets a slot.
void take_in(world& w, char first, int points) {
  w.know(first, points);
  CHECK(w.accepted(first).code == errc::none);
}

} // namespace

TEST_CASE("a better peer is dialed in place of a worse one, as far as "
          "there are slots for it") {
  world w{world::upgrading(2, 1)};
  take_in(w, 'a', 0);
  w.know('b', 1);
  CHECK(w.dial_next() == 'b');
  w.know('c', 2);
  CHECK(w.dial_next() == 'c'); // a[0] is reserved for it.
  w.know('d', 3);
  CHECK(w.dial_next() == 0);
  // Only one of two slots is taken: nobody has to leave.
  CHECK(w.dialed('c').code == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.dial_next() == 0);
  CHECK(w.dialed('d').code == errc::too_many_peers);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.dialed('d').code == errc::none);
  CHECK(w.fail('b') == errc::none);
  w.know('e', 0);
  CHECK(w.dial_next() == 0); // Nobody is lower.
}

TEST_CASE("one victim makes way for one peer") {
  world w{world::upgrading(1, 2)};
  take_in(w, 'a', 0);
  w.know('b', 1);
  CHECK(w.dial_next() == 'b');
  w.know('c', 1);
  CHECK(w.dial_next() == 0);
}

TEST_CASE("a failed upgrade frees the reservation") {
  world w{world::upgrading(1, 1)};
  take_in(w, 'a', 0);
  w.know('b', 2);
  w.know('c', 1);
  CHECK(w.dial_all() == "b");
  CHECK(w.fail('b') == errc::none);
  CHECK(w.view().upgrading.empty());
  CHECK(w.dial_all() == "c");
  CHECK(w.view().upgrading.size() == 1);
}

TEST_CASE("without an upgrade slot there is no upgrade") {
  world w{world::upgrading(2, 1)};
  take_in(w, 'a', 0);
  take_in(w, 'b', 0);
  w.know('c', 1);
  CHECK(w.dial_next() == 'c');
  CHECK(w.dialed('c').code == errc::none);
  w.know('d', 1);
  CHECK(w.dialed('d').code == errc::too_many_peers);
}

TEST_CASE("the victim is evicted once the better peer is "
          "connected") {
  world w{world::upgrading(1, 2)};
  take_in(w, 'a', 0);
  w.know('b', 1);
  CHECK(w.dial_next() == 'b');
  CHECK(w.evict_next() == 0);
  CHECK(w.dialed('b').code == errc::none);
  w.know('c', 1);
  CHECK(w.dial_next() == 0);
  auto order = w.core.evict_next();
  REQUIRE(order.has_value());
  CHECK(order->connection.peer == peer('a'));
  CHECK(order->reason == errc::evicted);
  CHECK(w.evict_next() == 0);
}

TEST_CASE("the victim is chosen anew when the better peer is there") {
  world w{world::upgrading(2, 1)};
  take_in(w, 'a', 3);
  take_in(w, 'b', 2);
  w.know('c', 10);
  CHECK(w.dial_next() == 'c');
  CHECK(w.view().upgrading.front().from == peer('b'));
  CHECK(w.disconnected('a') == errc::none);
  take_in(w, 'd', 1);
  CHECK(w.dialed('c').code == errc::none);
  CHECK(w.evict_next() == 'd');
  CHECK(w.evict_next() == 0);
}

TEST_CASE("nobody is evicted if a slot came free meanwhile") {
  world w{world::upgrading(2, 1)};
  take_in(w, 'a', 1);
  take_in(w, 'b', 2);
  w.know('c', 3);
  CHECK(w.dial_next() == 'c');
  CHECK(w.disconnected('b') == errc::none);
  CHECK(w.dialed('c').code == errc::none);
  CHECK(w.evict_next() == 0);
}

TEST_CASE("an upgrade whose victim left and whose slot was taken finds another "
          "victim") {
  world w{world::upgrading(1, 1)};
  take_in(w, 'a', 0);
  w.know('c', 3);
  CHECK(w.dial_next() == 'c');
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.dialed('c').code == errc::none);
  CHECK(w.evict_next() == 'b');
}

TEST_CASE("a full node accepts who is better than somebody") {
  world w{world::upgrading(1, 1)};
  w.know('a', 0);
  w.know('b', 0);
  w.know('c', 1);
  w.know('d', 2);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::too_many_peers);
  CHECK(w.accepted('c').code == errc::none);
  CHECK(w.accepted('b').code == errc::too_many_peers);
  CHECK(w.accepted('d').code == errc::too_many_peers); // No slot left.
}

TEST_CASE("who makes way for one does not make way for another") {
  world w{world::upgrading(1, 2)};
  w.know('a', 0);
  w.know('b', 1);
  w.know('c', 1);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.accepted('c').code == errc::too_many_peers);
  CHECK(w.evict_next() == 'a');
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('c').code == errc::too_many_peers);
}

TEST_CASE("a reservation serves its peer, whoever dials whom") {
  world w{world::upgrading(1, 2)};
  take_in(w, 'a', 0);
  w.know('b', 1);
  CHECK(w.dial_next() == 'b');
  w.know('c', 1);
  CHECK(w.accepted('c').code == errc::too_many_peers);
  CHECK(w.accepted('b').code == errc::none);
  CHECK(w.view().upgrading.empty());
  CHECK(w.evict_next() == 'a');
  // `b` is smaller than us, so its own dial stays.
  CHECK(w.dialed('b').code == errc::already_connected);
}

TEST_CASE("equals, and almost equals, do not replace each other") {
  world w{world::upgrading(1, 1)};
  take_in(w, 'a', 0);
  w.know('b', 1);
  w.now += 1min; // A point has faded a little by now.
  CHECK(w.dial_next() == 0);
  CHECK(w.accepted('b').code == errc::too_many_peers);
  CHECK_FALSE(w.core.next_wakeup().has_value());
}

TEST_CASE("among equals the youngest connection makes way") {
  world w{world::upgrading(3, 1)};
  for (auto first : {'c', 'a', 'b'}) {
    take_in(w, first, 0);
    w.now += 1s;
  }
  take_in(w, 'd', 5);
  CHECK(w.evict_next() == 'b');
}

TEST_CASE("persistent peers are dialed and accepted in place of ordinary ones, "
          "and never make way") {
  auto options = world::upgrading(2, 1);
  options.persistent_peers = {address('p'), address('q')};
  options.max_outgoing = 1;
  world w{options};
  w.know('a', 100);
  w.know('b', 100);
  CHECK(w.dial_all() == "p");
  CHECK(w.fail('p') == errc::none);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.dialed('b').code == errc::none);
  w.now += 1min;
  // The outgoing limit is reached, so an outgoing connection makes way.
  CHECK(w.dial_all() == "q");
  CHECK(w.view().upgrading.front().from == peer('b'));
  CHECK(w.dialed('q').code == errc::none);
  CHECK(w.evict_next() == 'b');
  CHECK(w.disconnected('b') == errc::none);
  CHECK(w.accepted('p').code == errc::none);
  CHECK(w.evict_next() == 'a');
  CHECK(w.disconnected('a') == errc::none);
  w.give('p', -90);
  CHECK(w.accepted('a').code == errc::too_many_peers);
  CHECK(w.evict_next() == 0);
}

// -- unconditional peers ------------------------------------------------------

TEST_CASE("an unconditional peer is not counted, not refused, and "
          "evicts nobody") {
  auto options = world::limited(1);
  options.max_outgoing = 0;
  options.unconditional_peers = {peer('u'), peer('v')};
  world w{options};
  w.know("auv");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('u').code == errc::none);
  CHECK(w.evict_next() == 0);
  CHECK(w.dial_all() == "v");
  CHECK(w.dialed('v').code == errc::none);
  CHECK(w.connected() == 3);
  CHECK(w.outgoing() == 0);
  CHECK(w.evict_next() == 0);
  CHECK_FALSE(check_invariants(w.view()).has_value());
  // They take no slot from others either.
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('b').code == errc::none);
}

TEST_CASE("an unconditional peer is no victim, however bad it is") {
  auto options = world::upgrading(1, 1);
  options.unconditional_peers = {peer('u')};
  world w{options};
  w.know("u");
  CHECK(w.accepted('u').code == errc::none);
  w.give('u', -90);
  take_in(w, 'a', 0);
  take_in(w, 'b', 50);
  CHECK(w.evict_next() == 'a');
  CHECK(
      w.core.set_limits({.max_connected = 1, .max_connected_upgrade = 0}, w.now)
          .code
      == errc::none);
  CHECK(w.evict_next() == 0);
}

// -- limits -------------------------------------------------------------------

TEST_CASE("incoming connections have a limit of their own") {
  auto options = world::limited(4);
  options.max_incoming = 1;
  world w{options};
  w.know("abc");
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('b').code == errc::too_many_peers);
  CHECK(w.dial_all() == "bc");
  CHECK(w.dialed('b').code == errc::none);
  CHECK(w.disconnected('a') == errc::none);
  CHECK(w.accepted('x').code == errc::none);
}

TEST_CASE("when limits fall, the worst connections end") {
  world w{world::limited(3)};
  for (auto [first, points] : {std::pair{'a', 2}, {'b', 0}, {'c', 1}}) {
    take_in(w, first, points);
  }
  auto bad = w.core.set_limits({.max_connected = 0}, w.now);
  CHECK(bad.code == errc::invalid_option);
  CHECK(w.core.limits().max_connected == 3);
  CHECK(
      w.core.set_limits({.max_connected = 1, .max_connected_upgrade = 0}, w.now)
          .code
      == errc::none);
  CHECK_FALSE(check_invariants(w.view(), 3).has_value());
  CHECK(w.evict_next() == 'b');
  CHECK(w.evict_next() == 'c');
  CHECK(w.evict_next() == 0);
  CHECK(w.disconnected('b') == errc::none);
  CHECK(w.disconnected('c') == errc::none);
  CHECK(w.core.set_limits({.max_connected = 3}, w.now).code == errc::none);
  CHECK(w.dial_all().size() == 2);
}

TEST_CASE("limits cannot fall below the number of persistent peers") {
  auto options = world::limited(2);
  options.persistent_peers = {address('p'), address('q')};
  world w{options};
  CHECK(w.core.set_limits({.max_connected = 1}, w.now).context
        == "persistent_peers has 2 peers, expected at most max_connected (1)");
}
