// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/self_claims.hpp"

#include <fmt/format.h>

#include "../rules/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

node_address ours(uint16_t port) {
  return address(world::own, port);
}

} // namespace

TEST_CASE("we are where peers of three groups say, and nowhere before") {
  self_claims uut;
  uut.hear(ours(1), "1.1.0.0/16");
  uut.hear(ours(1), "1.1.0.0/16");
  uut.hear(ours(1), "1.2.0.0/16");
  CHECK(uut.believed().empty());
  uut.hear(ours(1), "1.3.0.0/16");
  CHECK(uut.believed() == std::vector{ours(1)});
}

TEST_CASE("a group has one voice, its last") {
  self_claims uut;
  for (const auto* group : {"a", "b", "c"})
    uut.hear(ours(1), group);
  // However often it says something else.
  for (uint16_t port = 2; port < 50; ++port)
    uut.hear(ours(port), "c");
  CHECK(uut.voices() == 3);
  CHECK(uut.believed().empty());
  uut.hear(ours(1), "d");
  CHECK(uut.believed() == std::vector{ours(1)});
}

TEST_CASE("we may be in two places; the one that more agree on comes first") {
  self_claims uut;
  for (const auto* group : {"a", "b", "c"})
    uut.hear(ours(1), group);
  for (const auto* group : {"d", "e", "f", "g"})
    uut.hear(ours(2), group);
  CHECK(uut.believed() == std::vector{ours(2), ours(1)});
}

TEST_CASE("what others say of us takes a bounded memory") {
  self_claims uut;
  for (int i = 0; i < 1000; ++i)
    uut.hear(ours(1), fmt::format("{}", i));
  CHECK(uut.voices() == self_claims::voices_max);
}
