// SPDX-License-Identifier: Apache-2.0

// Peers that are ourselves, do not fit, or are not what they seem.

#include <map>

#include "troupe/peerstore/rules/conduct.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

node_address at(char first, const std::string& host) {
  auto result = address(first);
  result.hostname = host;
  return result;
}

errc fail(world& w, const node_address& where, errc why) {
  return w.core.dial_failed(where, w.now, {why, "detail"});
}

} // namespace

// -- ourselves ----------------------------------------------------------------

TEST_CASE("where we find ourselves we do not look for anybody again") {
  world w{world::plain()};
  CHECK(*w.core.add(at('a', "us")));
  CHECK(*w.core.add(at('b', "us")));
  CHECK(*w.core.add(address('b', 2)));
  CHECK(w.core.dial_next(w.now) == at('a', "us"));
  CHECK(fail(w, at('a', "us"), errc::self_connection) == errc::none);
  // The address is gone, for everybody, and nobody is to blame.
  CHECK(w.peers() == std::vector{peer('b')});
  CHECK(w.addresses(peer('b')) == std::vector{address('b', 2)});
  CHECK(w.about('b').score.failures == 0);
  CHECK_FALSE(*w.core.add(at('c', "us")));
  CHECK_FALSE(*w.core.add(at('a', "us")));
  CHECK(w.size() == 1);
  CHECK(w.dial_all() == "b");
}

TEST_CASE("a configured address that leads to ourselves is tried again, "
          "much later") {
  auto options = world::plain();
  options.persistent_peers = {at('a', "us")};
  world w{options};
  CHECK(w.dial_next() == 'a');
  CHECK(fail(w, at('a', "us"), errc::self_connection) == errc::none);
  CHECK(w.about('a').score.failures == 0);
  CHECK(w.dial_next() == 0);
  CHECK(w.sleep() == 5min);
  CHECK(w.dial_next() == 'a');
}

TEST_CASE("own addresses are bounded, the oldest is forgotten") {
  self_addresses all;
  for (size_t i = 0; i <= self_addresses::max_size; ++i)
    all.learn(address('a', static_cast<uint16_t>(i + 1)));
  CHECK(all.size() == self_addresses::max_size);
  CHECK_FALSE(all.contains(address('a', 1)));
  CHECK(all.contains(address('a', 2)));
  all.learn({.protocol = "memory", .id = peer('x')});
  CHECK_FALSE(all.contains({.protocol = "memory", .id = peer('y')}));
}

// -- somebody else ------------------------------------------------------------

TEST_CASE("an address where somebody else answers is dropped, unless it was "
          "good once") {
  world w{world::plain()};
  w.know("ab");
  CHECK(w.dial_all() == "ab");
  CHECK(fail(w, address('a'), errc::unexpected_peer) == errc::none);
  CHECK(w.peers() == std::vector{peer('b')});
  CHECK(w.dialed('b').code == errc::none);
  CHECK(w.disconnected('b') == errc::none);
  CHECK(w.dial_next() == 'b');
  CHECK(fail(w, address('b'), errc::unexpected_peer) == errc::none);
  CHECK(w.addresses(peer('b')).size() == 1);
  CHECK(w.dial_next() == 0);
}

TEST_CASE("a claim about an ID that is not proven harms nobody") {
  world w{world::plain()};
  w.know("a");
  // Not being dialed, so nobody can have proven to be `a`.
  CHECK(fail(w, address('a'), errc::wrong_network) == errc::unknown_peer);
  CHECK(w.about('a').state == peer_state::waiting);
}

// -- incompatible peers -------------------------------------------------------

TEST_CASE("a peer that does not fit is neither dialed nor "
          "advertised until something changes") {
  for (auto why : {errc::wrong_network, errc::wrong_block_version,
                   errc::no_common_channel}) {
    world w{world::plain()};
    w.know("a");
    CHECK(w.dial_next() == 'a');
    CHECK(fail(w, address('a'), why) == errc::none);
    CHECK(w.about('a').state == peer_state::incompatible);
    CHECK(w.about('a').score.failures == 0);
    CHECK(w.dial_next() == 0);
    CHECK_FALSE(w.core.next_wakeup().has_value());
    CHECK(w.core.advertise(peer('z'), 10, w.now).empty());
    w.now += 1000h;
    CHECK(w.dial_next() == 0);
    // It comes in, so it fits now.
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.disconnected('a') == errc::none);
    CHECK(w.dial_next() == 'a');
  }
}

TEST_CASE("a peer that came in and does not fit is not dialed either, and a "
          "stranger is not remembered") {
  world w{world::plain()};
  w.know("a");
  CHECK(w.core.incompatible(peer('a'), {errc::wrong_network, "test-1"}, w.now)
        == errc::none);
  CHECK(w.core.incompatible(peer('x'), {errc::wrong_network, ""}, w.now)
        == errc::unknown_peer);
  CHECK(w.size() == 1);
  CHECK(w.dial_next() == 0);
  w.now += 90s;
  CHECK(w.about('a').explanation
        == "incompatible since 1m 30s ago, wrong_network: test-1; not dialed "
           "until something changes");
}

TEST_CASE("a persistent peer that does not fit is tried again, seldom") {
  auto options = world::plain();
  options.persistent_peers = {address('a')};
  world w{options};
  for (int i = 0; i < 5; ++i) {
    CHECK(w.dial_next() == 'a');
    CHECK(fail(w, address('a'), errc::wrong_network) == errc::none);
    CHECK(w.dial_next() == 0);
    CHECK(w.sleep() == 5min);
  }
}

TEST_CASE("every reason for which a dial can fail has its consequence") {
  const std::map<errc, std::string> special{
      {errc::self_connection, "forgotten"},
      {errc::unexpected_peer, "forgotten"},
      {errc::wrong_network, "incompatible"},
      {errc::wrong_block_version, "incompatible"},
      {errc::no_common_channel, "incompatible"},
  };
  size_t count = 0;
  auto why = errc::none;
  for (; from_integer(static_cast<uint8_t>(count), why); ++count) {
    CAPTURE(to_string(why));
    auto options = world::plain();
    options.disconnect_cooldown = 2s;
    world w{options};
    w.know("a");
    CHECK(w.dial_next() == 'a');
    CHECK(fail(w, address('a'), why) == errc::none);
    auto about = w.core.describe(peer('a'), w.now);
    auto consequence = about ? to_string(about->state) : "forgotten";
    auto expected = special.find(why);
    CHECK(consequence
          == (expected != special.end() ? expected->second : "backing_off"));
    // What is our doing is no failure of the address.
    if (consequence == "backing_off")
      CHECK(about->addresses[0].failures == (is_ours(why) ? 0u : 1u));
    // Whoever is incompatible is so by the same rule when it comes in.
    CHECK(is_incompatibility(why) == (consequence == "incompatible"));
    w.know("b");
    CHECK((w.core.incompatible(peer('b'), {why, ""}, w.now) == errc::none)
          == is_incompatibility(why));
  }
  CHECK(count > 50);
}

// -- dead or alive ------------------------------------------------------------

TEST_CASE("a peer that comes in again replaces its silent connection") {
  auto options = world::plain();
  options.probe_time = 10s;
  world w{options};
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  auto old = w.connection('a');
  // A connection gets some time first.
  w.now += 10s - 1ns;
  CHECK(w.accepted('a').code == errc::already_connected);
  CHECK_FALSE(w.core.probe_next(w.now).has_value());
  w.now += 1ns;
  CHECK(w.accepted('a').code == errc::already_connected);
  CHECK(w.core.probe_next(w.now) == old);
  CHECK_FALSE(w.core.probe_next(w.now).has_value());

  SUBCASE("it is silent") {
    w.now += 10s - 1ns;
    CHECK(w.accepted('a').code == errc::already_connected);
    w.now += 1ns;
    auto verdict = w.accepted('a');
    CHECK(verdict.code == errc::none);
    CHECK(verdict.replaces == old.generation);
    CHECK(w.ready('a') == errc::none);
    CHECK(w.updates() == "+a-a+a");
    CHECK(w.core.disconnected(old, errc::timeout, w.now)
          == errc::not_connected);
    // The next one has to wait as long again.
    w.now += 1s;
    CHECK(w.accepted('a').code == errc::already_connected);
    CHECK_FALSE(w.core.probe_next(w.now).has_value());
  }
  SUBCASE("it lives: two nodes that share a key do not throw each other out") {
    for (int i = 0; i < 100; ++i) {
      w.core.active(old);
      w.now += 10s;
      CHECK(w.accepted('a').code == errc::already_connected);
      CHECK(w.core.probe_next(w.now) == old);
    }
    CHECK(w.updates() == "+a");
  }
  SUBCASE("it comes in often: one question is enough") {
    for (int i = 0; i < 100; ++i)
      CHECK(w.accepted('a').code == errc::already_connected);
    CHECK_FALSE(w.core.probe_next(w.now).has_value());
  }
}

TEST_CASE("nothing is replaced that nobody was asked about") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  for (int i = 0; i < 100; ++i) {
    w.now += 1min;
    CHECK(w.accepted('a').code == errc::already_connected);
  }
}

TEST_CASE("our own dial is doubted, too, when its peer comes in") {
  world w{world::plain()};
  w.know("z");
  CHECK(w.dial_next() == 'z');
  CHECK(w.dialed('z').code == errc::none);
  w.now += 10s;
  CHECK(w.accepted('z').code == errc::already_connected);
  CHECK(w.core.probe_next(w.now).has_value());
  w.now += 10s;
  CHECK(w.accepted('z').code == errc::none);
  CHECK(w.outgoing() == 0);
  // Its place is free for others now.
  CHECK_FALSE(check_invariants(w.view()).has_value());
}
