// SPDX-License-Identifier: Apache-2.0

// Errors that are found when their connection has ended already.

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

errc late(world& w, const connection_ref& which,
          errc reason = errc::malformed_message) {
  return w.core.late_error(which, reason, w.now);
}

} // namespace

TEST_CASE("whoever erred and hung up at once pays for it, once") {
  world w{world::plain()};
  // Nobody knows an address of it: its record went with its connection.
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  const auto which = w.connection('a');
  CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
  REQUIRE(w.peers().empty());
  CHECK(late(w, which) == errc::none);
  CHECK(w.behaviour('a') == doctest::Approx(-20));
  CHECK(late(w, which) == errc::not_connected);
  CHECK(w.behaviour('a') == doctest::Approx(-20));
}

TEST_CASE("who does so again and again is banned") {
  world w{world::plain()};
  for (int i = 0; i < 5; ++i) {
    CHECK(w.accepted('a').code == errc::none);
    const auto which = w.connection('a');
    CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
    CHECK(late(w, which) == errc::none);
  }
  CHECK(w.is_banned(peer('a')));
  CHECK(w.accepted('a').code == errc::banned);
}

TEST_CASE("a late error is not held against a peer twice, nor if it is ours") {
  world w{world::plain()};
  w.know("a");
  SUBCASE("its connection ended for an error") {
    CHECK(w.accepted('a').code == errc::none);
    const auto which = w.connection('a');
    CHECK(w.disconnected('a', errc::malformed_packet) == errc::none);
    CHECK(late(w, which) == errc::not_connected);
    CHECK(w.behaviour('a') == doctest::Approx(-20));
  }
  SUBCASE("an error was reported while it was there") {
    CHECK(w.accepted('a').code == errc::none);
    const auto which = w.connection('a');
    CHECK(w.errored('a') == errc::none);
    CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
    CHECK(late(w, which) == errc::not_connected);
    CHECK(w.behaviour('a') == doctest::Approx(-20));
  }
  SUBCASE(
      "an error was reported while it was about to end for another reason") {
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.ready('a') == errc::none);
    const auto which = w.connection('a');
    CHECK(w.core.errored(which, errc::evicted, w.now) == errc::none);
    CHECK(w.core.errored(which, errc::malformed_message, w.now) == errc::none);
    CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
    CHECK(late(w, which) == errc::not_connected);
    CHECK(w.behaviour('a') == doctest::Approx(-20));
  }
  SUBCASE("the error is nobody's fault, or ours") {
    CHECK(w.accepted('a').code == errc::none);
    const auto which = w.connection('a');
    CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
    CHECK(late(w, which, errc::timeout) == errc::not_connected);
    CHECK(late(w, which, errc::queue_full) == errc::not_connected);
    CHECK(w.behaviour('a') == doctest::Approx(0));
  }
  SUBCASE("there never was such a connection") {
    CHECK(late(w, {peer('a'), 1}) == errc::not_connected);
    CHECK(late(w, {peer('b'), 1}) == errc::not_connected);
    CHECK(w.behaviour('a') == doctest::Approx(0));
  }
}

TEST_CASE("a late error of an old connection does not end the new one") {
  world w{world::plain()};
  CHECK(w.accepted('a').code == errc::none);
  const auto which = w.connection('a');
  CHECK(w.disconnected('a', errc::connection_closed) == errc::none);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.ready('a') == errc::none);
  CHECK(late(w, which) == errc::none);
  CHECK(w.behaviour('a') == doctest::Approx(-20));
  CHECK(w.evict_next() == 0);
  CHECK(w.status(peer('a')) == peer_status::up);
}
