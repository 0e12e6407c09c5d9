// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/recent_connections.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a connection is remembered until it is taken, once") {
  recent_connections uut;
  CHECK(uut.add({peer('a'), 1}));
  CHECK_FALSE(uut.add({peer('a'), 1}));
  CHECK(uut.add({peer('a'), 2}));
  CHECK(uut.contains({peer('a'), 1}));
  CHECK_FALSE(uut.contains({peer('b'), 1}));
  CHECK(uut.take({peer('a'), 1}));
  CHECK_FALSE(uut.take({peer('a'), 1}));
  CHECK_FALSE(uut.contains({peer('a'), 1}));
  CHECK(uut.contains({peer('a'), 2}));
}

TEST_CASE("of many connections the last ones are remembered") {
  recent_connections uut;
  constexpr uint64_t count = 3 * recent_connections::most;
  for (uint64_t i = 1; i <= count; ++i)
    CHECK(uut.add({peer('a'), i}));
  CHECK(uut.contains({peer('a'), count}));
  CHECK(uut.contains({peer('a'), count - recent_connections::most + 1}));
  CHECK_FALSE(uut.contains({peer('a'), count - recent_connections::most}));
  // What was taken makes room.
  CHECK(uut.take({peer('a'), count}));
  CHECK(uut.add({peer('b'), 1}));
  CHECK(uut.contains({peer('a'), count - recent_connections::most + 1}));
}
