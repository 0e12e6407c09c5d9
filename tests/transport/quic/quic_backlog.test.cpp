// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_backlog.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

ip_address in_subnet(uint8_t subnet, uint8_t host) {
  return ip_address::v4(45, 1, subnet, host);
}

struct backlog_world {
  /// Whoever comes from there calls; as many times as there is a place.
  size_t fill_from(const ip_address& ip) {
    size_t result = 0;
    while (result < 1000 && call(ip))
      ++result;
    return result;
  }

  bool call(const ip_address& ip) {
    return uut.add({1, {ip, ++last_port}, {}, bytes(1200)}, now);
  }

  uint16_t last_port = 0;
  time_point now{1h};
  quic_backlog uut{{}};
};

} // namespace

TEST_CASE("who has waited longest comes first, and nobody waits for long") {
  backlog_world world;
  world.call(in_subnet(1, 1));
  world.now += 1s;
  world.call(in_subnet(1, 2));
  world.call(in_subnet(1, 3));
  auto first = world.uut.take(world.now);
  REQUIRE(first);
  CHECK(first->from == udp_place{in_subnet(1, 1), 1});
  CHECK(first->datagram.size() == 1200);
  world.now += quic_backlog::wait_max - 1ms;
  CHECK(world.uut.take(world.now)->from.port == 2);
  world.now += 1ms;
  CHECK_FALSE(world.uut.take(world.now));
}

TEST_CASE("no address takes all places, nor its subnet, nor all together more "
          "than there are") {
  backlog_world world;
  CHECK(world.fill_from(in_subnet(1, 1)) == quic_backlog::per_ip_max);
  CHECK_FALSE(world.uut.is_crowded(world.now));
  CHECK(world.fill_from(in_subnet(1, 2))
        == quic_backlog::per_subnet_max - quic_backlog::per_ip_max);
  CHECK(world.fill_from(in_subnet(1, 3)) == 0);
  CHECK(world.uut.is_crowded(world.now));
  CHECK(world.call(in_subnet(2, 1)));
  size_t more = 0;
  for (uint8_t subnet = 3; subnet < 100; ++subnet)
    more += world.fill_from(in_subnet(subnet, 1));
  CHECK(more == quic_backlog::size_max - quic_backlog::per_subnet_max - 1);
  // A place that is free again is for anybody.
  REQUIRE(world.uut.take(world.now));
  CHECK(world.call(in_subnet(1, 3)));
  world.now += quic_backlog::wait_max;
  CHECK_FALSE(world.uut.is_crowded(world.now));
  CHECK(world.call(in_subnet(1, 1)));
}

TEST_CASE("in private networks each address counts for itself, and who is "
          "exempt has no share") {
  backlog_world world;
  size_t count = 0;
  for (uint8_t host = 1; host < 10; ++host)
    count += world.fill_from(ip_address::v4(10, 0, 0, host));
  CHECK(count == quic_backlog::size_max);
  world.uut.clear();
  inbound_limits limits;
  limits.exempt.push_back(ip_network::of(in_subnet(1, 1)));
  world.uut.set_limits(limits);
  CHECK(world.fill_from(in_subnet(1, 1)) == quic_backlog::size_max);
}
