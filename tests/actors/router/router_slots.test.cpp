// SPDX-License-Identifier: Apache-2.0

// Whom the slots are left for when one subnet wants them all. Addresses are
// made up: connections of memory say that they come from there.

#include <caf/send.hpp>

#include "../world.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"
#include "troupe/transport/memory/memory_wire.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Leads nowhere.
class loose_wire final : public memory_wire {
public:
  void attach(const caf::actor_addr&) override {}

  void send(memory_parcel) override {}
};

struct slot_world : world {
  explicit slot_world(subnet_scope scope) {
    auto opts = options(1);
    opts.inbound.subnet_limits = scope;
    where = spawn(std::move(opts));
    state = open(where);
  }

  /// A connection from an IP address, without a word.
  connection_actor knock(const ip_address& from) {
    connection_ends ends;
    ends.remote = {.protocol = "mconn", .ip = from, .port = 40'000};
    auto result = spawn_memory_connection(sys(), where.id(), ends, {},
                                          std::make_unique<loose_wire>());
    caf::anon_send(transport_of(where), attach_atom_v,
                   caf::actor_cast<caf::actor>(result));
    settle();
    return result;
  }

  /// The node `number` comes from there. @returns whether it is a peer then.
  bool join(const ip_address& from, uint8_t number) {
    auto connection = knock(from);
    troupe::deliver(connection.address(),
                    memory_greeting{id(number), info(number)});
    settle();
    return state->sees(id(number));
  }

  /// As many nodes as may be from one subnet. @returns how many are peers.
  size_t flood(uint8_t a, uint8_t b, uint8_t c, uint8_t count) {
    size_t result = 0;
    for (uint8_t i = 0; i < count; ++i)
      result += join(ip_address::v4(a, b, c, i), ++last) ? 1 : 0;
    return result;
  }

  /// Whether a peer that we dial becomes one.
  bool dial(uint8_t number) {
    auto there = stand_in(id(number));
    where.add_peer(*node_address::parse(address(number)));
    settle();
    if (there->dials.size() != 1)
      return false;
    there->dials[0]->greet(id(number), info(number));
    settle();
    return state->sees(id(number));
  }

  std::vector<errc> refusals() const {
    return state->codes(node_event::kind::refused);
  }

  uint8_t last = 1;
  node where;
  recorder_ptr state;
};

} // namespace

TEST_CASE(
    "with default limits, a subnet that wants all slots keeps out neither "
    "a stranger nor whom we dial") {
  slot_world world{subnet_scope::all};
  // A quarter of the inbound slots, which are four fifths of 64.
  CHECK(world.flood(127, 0, 0, 100) == 13);
  CHECK(world.refusals() == std::vector(87, errc::too_many_from_ip));
  CHECK(world.join(ip_address::v4(127, 0, 1, 1), 200));
  CHECK(world.dial(201));
}

TEST_CASE("a subnet of the public Internet is limited by default") {
  slot_world world{subnet_scope::public_networks};
  CHECK(world.flood(203, 0, 113, 60) == 13);
  CHECK(world.join(ip_address::v4(198, 51, 100, 1), 200));
}

TEST_CASE("private networks may take all inbound slots by default, but none of "
          "those for dials") {
  slot_world world{subnet_scope::public_networks};
  CHECK(world.flood(127, 0, 0, 80) == 52);
  CHECK_FALSE(world.join(ip_address::v4(127, 0, 1, 1), 200));
  CHECK(world.dial(201));
}

TEST_CASE("many subnets take all inbound slots, but none of those for dials") {
  slot_world world{subnet_scope::all};
  size_t peers = 0;
  for (uint8_t subnet = 0; subnet < 5; ++subnet)
    peers += world.flood(203, 0, subnet, 15);
  CHECK(peers == 52);
  for (uint8_t number = 201; number <= 212; ++number)
    CHECK(world.dial(number));
  CHECK_FALSE(world.dial(213));
}

TEST_CASE("a stranger gets a handshake though silent connections from many "
          "subnets hold all places") {
  slot_world world{subnet_scope::all};
  for (int round = 0; round < 3; ++round) {
    for (uint8_t i = 0; i < 100; ++i)
      world.knock(ip_address::v4(203, 0, i, 1));
    // Nobody had time enough yet.
    world.advance(100ms);
    CAPTURE(round);
    CHECK(world.join(ip_address::v4(198, 51, static_cast<uint8_t>(round), 1),
                     static_cast<uint8_t>(200 + round)));
  }
}
