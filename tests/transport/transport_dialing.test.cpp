// SPDX-License-Identifier: Apache-2.0
//
// What every transport does about listening, dialing and endpoints.
//
// Of TR-06 the cancelled context is left out, because there is nothing that
// could do it: an attempt is bounded in time.
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

#define KINDS TROUPE_TRANSPORT_KINDS

TEST_CASE_TEMPLATE("TR-01: closing ends an accept that waits, and later ones",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto waiting = world.b.accept();
  world.b.close();
  CHECK(waiting.error() == errc::shutting_down);
  CHECK(world.b.accept().error() == errc::shutting_down);
  world.b.close();
  CHECK(world.b.accept().error() == errc::shutting_down);
}

TEST_CASE_TEMPLATE("TR-02: a transport can dial itself", Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = test::connect(world.b, world.b, world.address);
  // That it is nobody else comes out as soon as they introduce themselves.
  auto near = pair.near->ask_handshake(world.b.info);
  auto far = pair.far->ask_handshake(world.b.info);
  auto check = [](const caf::error& e) {
    auto code = code_of(e);
    // The other end may have hung up first.
    CHECK((code == errc::self_connection || code == errc::connection_closed));
  };
  auto fail = [](const handshake_result&) { FAIL("talks to itself"); };
  near.receive(fail, check);
  far.receive(fail, check);
}

TEST_CASE_TEMPLATE("TR-03: dialing an endpoint of no or another protocol fails",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(world.a.dial({}).error() == errc::unsupported_protocol);
  auto nameless = world.address;
  nameless.protocol.clear();
  CHECK(world.a.dial(nameless).error() == errc::unsupported_protocol);
  auto foreign = world.address;
  foreign.protocol = "foo";
  CHECK(world.a.dial(foreign).error() == errc::unsupported_protocol);
}

TEST_CASE_TEMPLATE("TR-06: dialing a closed transport fails", Kind, KINDS) {
  two_nodes<Kind> world;
  world.b.close();
  CHECK(world.a.dial(world.address).error() == errc::connection_refused);
}

TEST_CASE_TEMPLATE("TR-07: a closed transport still dials", Kind, KINDS) {
  two_nodes<Kind> world;
  REQUIRE(world.a.listen(world.kind.where(world.a.key.id())));
  world.a.close();
  world.established().round_trip();
}

TEST_CASE_TEMPLATE("TR-08: endpoints are valid, of their own, and end with it",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(world.a.endpoints().empty());
  REQUIRE(world.a.listen(world.kind.where(world.a.key.id())));
  auto ours = world.a.endpoints();
  auto theirs = world.b.endpoints();
  REQUIRE(ours.size() == 1);
  REQUIRE(theirs.size() == 1);
  CHECK(validate(ours[0]).code == errc::none);
  CHECK(theirs[0] == world.address);
  CHECK(ours[0] != theirs[0]);
  world.a.close();
  CHECK(world.a.endpoints().empty());
  CHECK(world.b.endpoints() == theirs);
}

TEST_CASE_TEMPLATE("TR-09: an endpoint's protocol is one the transport speaks",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(Kind::speaks(world.address.protocol));
}

TEST_CASE_TEMPLATE("TR-12: each side's local endpoint is the other's remote",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ends();
  auto far = pair.far->ends();
  CHECK(near.local == far.remote);
  CHECK(near.remote == far.local);
  CHECK(near.remote == world.address);
  CHECK(validate(near.local).code == errc::none);
}
