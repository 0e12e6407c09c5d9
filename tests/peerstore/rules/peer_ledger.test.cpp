// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_ledger.hpp"

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

bool is_queued(ledger_world& w, char first) {
  return w.record(first).queued.has_value();
}

} // namespace

TEST_CASE("while one peer is dialed at a place, no other is") {
  ledger_world w;
  w.know("a");
  auto other = address('b');
  other.hostname = address('a').hostname;
  CHECK(w.state.learn(other));
  CHECK(is_queued(w, 'b'));
  w.dial('a');
  CHECK_FALSE(is_queued(w, 'a'));
  CHECK_FALSE(is_queued(w, 'b'));
  w.state.end_dial(peer('a'));
  CHECK(is_queued(w, 'a'));
  CHECK(is_queued(w, 'b'));
  w.connect('a', {.way = direction::outbound, .address = address('a')});
  CHECK_FALSE(is_queued(w, 'b'));
  w.state.end_connection(peer('a'));
  CHECK(is_queued(w, 'b'));
}

TEST_CASE("a ban keeps a peer out until it is over, or lifted") {
  ledger_world w;
  w.know("a");
  w.state.ban(peer('a'), {w.state.now + 5s, "x"});
  CHECK(w.state.check_ban(peer('a')) == errc::banned);
  CHECK(w.record('a').queued == w.state.now + 5s);
  SUBCASE("over") {
    w.pass(5s);
  }
  SUBCASE("lifted") {
    w.state.lift_ban(peer('a'));
  }
  CHECK(w.state.check_ban(peer('a')) == errc::none);
  CHECK(*w.record('a').queued <= w.state.now);
}

TEST_CASE("blocked peers are kept out, known or not") {
  auto options = world::plain();
  options.blocked_peers = {peer('b')};
  ledger_world w{options};
  CHECK(w.state.check_ban(peer('b')) == errc::filtered);
  CHECK_FALSE(w.state.learn(address('b')));
  CHECK(w.state.peers.find(peer('b')) == nullptr);
}

TEST_CASE("strangers leave nothing behind, unless there is something to hold "
          "against them") {
  ledger_world w;
  w.connect('a');
  w.connect('b');
  w.give('b', -1);
  for (auto first : {'a', 'b'}) {
    w.state.forget_if_pointless(peer(first));
    CHECK(w.state.peers.find(peer(first)) != nullptr);
    w.state.end_connection(peer(first));
    w.state.forget_if_pointless(peer(first));
  }
  CHECK(w.state.peers.find(peer('a')) == nullptr);
  CHECK(w.state.peers.find(peer('b')) != nullptr);
}

TEST_CASE("of too many peers, the worst is forgotten") {
  auto options = world::plain();
  options.max_peers = 2;
  ledger_world w{options};
  w.know("ab");
  w.give('a', -1);
  CHECK(w.state.learn(address('c')));
  CHECK(w.state.peers.find(peer('a')) == nullptr);
  // Not one that is connected.
  w.connect('b');
  w.give('b', -5);
  CHECK(w.state.learn(address('d')));
  CHECK(w.state.peers.find(peer('b')) != nullptr);
  CHECK(w.state.peers.find(peer('c')) == nullptr);
}

TEST_CASE("when a ban gives way to another one, its peer is free") {
  auto options = world::plain();
  options.bans.max_banned = 1;
  ledger_world w{options};
  w.know("ab");
  w.state.ban(peer('a'), {w.state.now + 5s, "x"});
  w.state.ban(peer('b'), {w.state.now + 9s, "x"});
  CHECK(w.state.check_ban(peer('a')) == errc::none);
  CHECK(*w.record('a').queued <= w.state.now);
  CHECK(w.state.check_ban(peer('b')) == errc::banned);
}
