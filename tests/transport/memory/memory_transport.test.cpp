// SPDX-License-Identifier: Apache-2.0
//
// What only a transport without network has to do.
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("an endpoint that names no node is neither dialed nor "
          "listened at") {
  two_nodes<memory> world;
  auto bad = endpoint{.protocol = memory_protocol};
  SUBCASE("without a path") {}
  SUBCASE("with a path that is no ID") {
    bad.path = "somewhere";
  }
  SUBCASE("with half an ID") {
    bad.path = to_string(world.b.key.id()).substr(0, 20);
  }
  SUBCASE("with an IP address instead") {
    bad.ip = ip_address::v4(127, 0, 0, 1);
    bad.port = 26656;
  }
  SUBCASE("with an IP address as well") {
    bad.ip = ip_address::v4(127, 0, 0, 1);
    bad.path = to_string(world.b.key.id());
  }
  CHECK(world.a.dial(bad).error() == errc::invalid_endpoint);
  CHECK_FALSE(world.a.listen(bad));
  CHECK(world.a.error == errc::invalid_endpoint);
  // Neither of which is held against it.
  CHECK(world.a.listen(world.kind.where(world.a.key.id())));
  world.established().round_trip();
}

TEST_CASE("nobody listens in the name of another node, or twice in its own") {
  two_nodes<memory> world;
  CHECK_FALSE(world.a.listen(world.kind.where(world.b.key.id())));
  CHECK(world.a.error == errc::invalid_endpoint);
  node_end twin{world.sys, 2, world.kind.spawn(world.sys, 2)};
  CHECK_FALSE(twin.listen(world.address));
  CHECK(twin.error == errc::cannot_listen);
  world.established().round_trip();
}
