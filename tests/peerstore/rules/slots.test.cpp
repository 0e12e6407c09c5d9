// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/slots.hpp"

#include <limits>
#include <string>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

constexpr auto in = direction::inbound;
constexpr auto out = direction::outbound;

ip_network subnet(const std::string& first) {
  return *ip_network::parse(first + "/24");
}

const auto here = subnet("192.0.2.0");
const auto there = subnet("198.51.100.0");

/// Slots, and who takes them.
struct slots_fixture {
  explicit slots_fixture(const connection_limits& limits) : uut(limits) {}

  void take(size_t count, const slot_claim& what, bool stays = true) {
    while (count-- > 0)
      tally.add(what, stays);
  }

  errc asks(const slot_claim& fresh) {
    return uut.for_connection(tally, fresh).code;
  }

  errc dials(dial_tally flying = {}) {
    return uut.for_dial(tally, flying).code;
  }

  slots uut;
  slot_tally tally;
};

} // namespace

TEST_CASE("a fifth of the slots is left for peers that we dial") {
  // CometBFT: 10 of 50.
  CHECK(slots{{.max_connected = 50}}.incoming() == 40u);
  CHECK(slots{{}}.incoming() == 52u);
  CHECK(slots{{.max_connected = 4}}.incoming() == 4u);
  // No more than we may dial, and none if an operator says so.
  CHECK(slots{{.max_connected = 50, .max_outgoing = 3}}.incoming() == 47u);
  CHECK(slots{{.max_connected = 50, .max_outgoing = 0}}.incoming() == 50u);
  CHECK(slots{{.max_connected = 50, .max_incoming = 50}}.incoming() == 50u);
  CHECK(slots{{.max_connected = 50, .max_incoming = 7}}.incoming() == 7u);
  CHECK_FALSE(slots{{.max_connected = {}}}.incoming());
  CHECK(slots{{.max_connected = {}, .max_incoming = 7}}.incoming() == 7u);
}

TEST_CASE(
    "a subnet may have a quarter of the inbound slots, and one at least") {
  CHECK(slots{{}}.per_subnet() == 13u);
  CHECK(slots{{.max_connected = 50}}.per_subnet() == 10u);
  CHECK(slots{{.max_connected = 1}}.per_subnet() == 1u);
  CHECK(slots{{.max_connected = 3}}.per_subnet() == 1u);
  CHECK_FALSE(slots{{.max_connected = {}}}.per_subnet());
}

TEST_CASE("accepted connections are in proportion to the slots") {
  CHECK(slots{{}}.accepted(64) == 256u);
  CHECK(slots{{.max_connected = 1000}}.accepted(64) == 3064u);
  CHECK_FALSE(slots{{.max_connected = {}}}.accepted(64));
  constexpr auto most = std::numeric_limits<size_t>::max();
  CHECK(*slots{{.max_connected = most}}.accepted(64) > most / 2);
}

TEST_CASE("who comes in cannot take what is left for dials") {
  slots_fixture world{{.max_connected = 10, .max_connected_upgrade = 0}};
  world.take(8, {in});
  CHECK(world.asks({in}) == errc::too_many_peers);
  CHECK(world.asks({out}) == errc::none);
  CHECK(world.dials() == errc::none);
  CHECK(world.dials({.all = 2, .pending = 2}) == errc::too_many_peers);
  // What we dial may take all of it.
  slots_fixture other{{.max_connected = 10, .max_connected_upgrade = 0}};
  other.take(9, {out});
  CHECK(other.asks({in}) == errc::none);
  CHECK(other.dials() == errc::none);
  other.take(1, {out});
  CHECK(other.asks({in}) == errc::too_many_peers);
  CHECK(other.dials() == errc::too_many_peers);
}

TEST_CASE("a subnet that has its part keeps out nobody but itself") {
  slots_fixture world{{.max_connected = 10, .max_connected_upgrade = 2}};
  world.take(2, {in, here});
  auto verdict = world.uut.for_connection(world.tally, {in, here});
  CHECK(verdict.code == errc::too_many_from_ip);
  // Only its own make way.
  REQUIRE(verdict.victims);
  CHECK(verdict.victims->contains({in, here}));
  CHECK_FALSE(verdict.victims->contains({in, there}));
  CHECK_FALSE(verdict.victims->contains({in}));
  CHECK(world.asks({in, there}) == errc::none);
  CHECK(world.asks({in}) == errc::none);
  // Whom we dial there is our choice.
  CHECK(world.asks({out, here}) == errc::none);
  world.take(5, {out, here});
  CHECK(world.asks({in, there}) == errc::none);
}

TEST_CASE("who is about to leave leaves its slot, but is still there") {
  slots_fixture world{{.max_connected = 2, .max_connected_upgrade = 1}};
  world.take(2, {in});
  CHECK(world.asks({in}) == errc::too_many_peers);
  world.tally.remove({in}, true);
  world.tally.add({in}, false);
  CHECK(world.asks({in}) == errc::none);
  world.take(1, {in});
  auto verdict = world.uut.for_connection(world.tally, {in});
  CHECK(verdict.code == errc::too_many_peers);
  CHECK_FALSE(verdict.victims);
}

TEST_CASE("without slots for upgrades nobody makes way") {
  slots_fixture world{{.max_connected = 1, .max_connected_upgrade = 0}};
  world.take(1, {in});
  CHECK_FALSE(world.uut.for_connection(world.tally, {in}).victims);
  CHECK_FALSE(world.uut.for_dial(world.tally, {}).victims);
}

TEST_CASE("a new connection of a peer takes the place of its old one") {
  slots_fixture world{{.max_connected = 4, .max_connected_upgrade = 0}};
  world.take(1, {in, here});
  world.take(3, {out});
  auto ask = [&world](const slot_claim& old, bool stays, const slot_claim& x) {
    return world.uut.for_replacement(world.tally, old, stays, x);
  };
  CHECK(ask({in, here}, true, {in, here}) == errc::none);
  CHECK(ask({out}, true, {in, there}) == errc::none);
  // The subnet has one, and it is another one that leaves.
  CHECK(ask({out}, true, {in, here}) == errc::too_many_from_ip);
  CHECK(ask({in, there}, true, {in, here}) == errc::too_many_from_ip);
  // What was to leave anyway makes no room.
  CHECK(ask({in, here}, false, {in, there}) == errc::too_many_peers);
}

TEST_CASE("limits that fell say whose end they want") {
  slots_fixture world{{.max_connected = 10, .max_connected_upgrade = 0}};
  CHECK_FALSE(world.uut.surplus(world.tally));
  world.take(3, {in, here});
  auto scope = world.uut.surplus(world.tally);
  REQUIRE(scope);
  CHECK(scope->subnet == here);
  world.tally.remove({in, here}, true);
  CHECK_FALSE(world.uut.surplus(world.tally));
  world.take(8, {out});
  CHECK_FALSE(world.uut.surplus(world.tally));
  world.take(1, {out});
  scope = world.uut.surplus(world.tally);
  REQUIRE(scope);
  CHECK(scope->contains({in, here}));
  CHECK(scope->contains({out}));
}
