// SPDX-License-Identifier: Apache-2.0

// What a node that is full does with those who come to ask.

#include "pex_world.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node with one slot, which 2 has, and room for a visitor.
struct full_world : pex_world {
  explicit full_world(size_t visitors = 1)
    : pex_world({}, [visitors](node_options& options) {
        options.max_connected = 1;
        options.max_connected_upgrade = 0;
        options.max_visitors = visitors;
      }) {
    peer = visit(2);
    heard(peer);
    home.add_peer({.protocol = "mconn",
                   .id = id(100),
                   .hostname = "11.1.1.1",
                   .port = 26656});
    settle();
  }

  puppet_ptr peer;
};

} // namespace

TEST_CASE("who finds no slot gets addresses, and the connection ends behind "
          "them") {
  full_world w;
  auto visitor = w.visit(3);
  REQUIRE_FALSE(visitor->closed);
  // We ask nothing of it: it goes before we might have its answer.
  w.advance(1s);
  CHECK(w.heard(visitor).empty());
  w.ask(visitor);
  w.advance(100ms);
  const auto told = w.heard(visitor);
  REQUIRE(told.size() == 1);
  CHECK(told[0].pex_response().addresses_size() >= 1);
  CHECK(visitor->reason() == errc::hung_up);
  CHECK_FALSE(w.peer->closed);
  // Others are told of it, and it may come again.
  CHECK(w.knows(w.id(3)));
  CHECK_FALSE(w.visit(3)->closed);
}

TEST_CASE("who finds no slot and does not ask has to go after five seconds, "
          "and loses nothing by it") {
  full_world w;
  auto visitor = w.visit(3);
  w.advance(visit_time - 1ms);
  CHECK_FALSE(visitor->closed);
  w.advance(1ms);
  CHECK(visitor->reason() == errc::hung_up);
  for (const auto& known : w.known())
    CHECK(known.score.behaviour == 0);
  CHECK_FALSE(w.peer->closed);
}

TEST_CASE("there is room for so many visitors and no more") {
  full_world w{2};
  CHECK_FALSE(w.visit(3)->closed);
  CHECK_FALSE(w.visit(4)->closed);
  CHECK(w.visit(5)->reason() == errc::too_many_peers);
  w.advance(visit_time);
  CHECK_FALSE(w.visit(5)->closed);
  full_world none{0};
  CHECK(none.visit(3)->reason() == errc::too_many_peers);
}
