// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_flow.hpp"

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct dial_flow_fixture : ledger_world {
  void fail(char first, errc why) {
    state.end_dial(peer(first));
    uut.failed(address(first), {why, "x"}, state);
  }

  bool waits(char first) {
    auto queued = record(first).queued;
    return queued && *queued > state.now;
  }

  bool knows(char first) {
    return state.peers.find(peer(first)) != nullptr;
  }

  dial_flow uut{backoff{world::plain().retry, 2s, random}};
};

} // namespace

TEST_CASE_FIXTURE(dial_flow_fixture,
                  "whoever is dialed is in no queue, and waits after a "
                  "failure") {
  know("a");
  dial_flow::begin({{.address = address('a'), .deadline = state.now + 5s}},
                   state);
  CHECK_FALSE(record('a').queued);
  fail('a', errc::timeout);
  CHECK(waits('a'));
}

TEST_CASE_FIXTURE(dial_flow_fixture,
                  "a dial that nobody ends has failed at its deadline") {
  know("a");
  dial('a');
  pass(2min - 1ns);
  uut.expire(state);
  CHECK(state.dials.find(peer('a')) != nullptr);
  pass(1ns);
  uut.expire(state);
  CHECK(state.dials.find(peer('a')) == nullptr);
  CHECK(record('a').addresses[0].failures == 1);
}

TEST_CASE_FIXTURE(dial_flow_fixture,
                  "where we answer ourselves, nobody is, under any ID") {
  know("a");
  auto other = address('b');
  other.hostname = address('a').hostname;
  CHECK(state.learn(other));
  dial('a');
  fail('a', errc::self_connection);
  CHECK_FALSE(knows('a'));
  CHECK_FALSE(knows('b'));
  CHECK(uut.leads_to_us(other));
  CHECK_FALSE(uut.leads_to_us(address('c')));
}

TEST_CASE_FIXTURE(dial_flow_fixture,
                  "an address with somebody else is forgotten, unless it "
                  "led to the peer once") {
  know("ab");
  record('b').addresses[0].last_success = state.now;
  fail('a', errc::unexpected_peer);
  fail('b', errc::unexpected_peer);
  CHECK_FALSE(knows('a'));
  CHECK(knows('b'));
  CHECK(waits('b'));
}

TEST_CASE_FIXTURE(dial_flow_fixture,
                  "who does not fit is left alone until we are "
                  "something else") {
  know("a");
  uut.introduce("one", state);
  fail('a', errc::wrong_network);
  CHECK_FALSE(record('a').queued);
  uut.introduce("one", state);
  CHECK_FALSE(record('a').queued);
  uut.introduce("two", state);
  CHECK(record('a').queued == state.now);
}

TEST_CASE_FIXTURE(dial_flow_fixture, "an operator's wish ends all waits") {
  know("a");
  fail('a', errc::timeout);
  CHECK(waits('a'));
  CHECK(dial_flow::wish({.id = peer('a')}, state) == errc::none);
  CHECK_FALSE(waits('a'));
  CHECK(record('a').urgent);
  CHECK(dial_flow::wish({.id = peer('b')}, state) == errc::unknown_peer);
  CHECK(dial_flow::wish(address('b'), state) == errc::none);
  CHECK(record('b').addresses[0].configured);
}
