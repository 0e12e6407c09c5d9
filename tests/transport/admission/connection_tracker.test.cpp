// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/connection_tracker.hpp"

#include <string>

#include "tracker_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a fresh tracker tracks nothing") {
  tracker_world world{inbound_limits{}};
  CHECK(world.uut.live() == 0);
  CHECK(world.uut.tracked_ips() == 0);
  CHECK(world.uut.tracked_subnets() == 0);
  CHECK_FALSE(world.uut.next_wakeup());
}

TEST_CASE("an address is tracked once, and has so many connections") {
  auto limits = unlimited();
  limits.max_per_ip = 99;
  tracker_world world{limits};
  for (int i = 0; i < 99; ++i)
    REQUIRE(world.open("10.0.0.1") == errc::none);
  CHECK(world.uut.tracked_ips() == 1);
  CHECK(world.open("10.0.0.1") == errc::too_many_from_ip);
  CHECK(world.open("10.0.0.2") == errc::none);
  CHECK(world.uut.live(*ip_address::parse("10.0.0.1")) == 99);
  CHECK(world.uut.live() == 100);
}

TEST_CASE("a hundred addresses are a hundred entries") {
  tracker_world world{unlimited()};
  for (unsigned i = 0; i < 100; ++i)
    CHECK(world.open(numbered(i)) == errc::none);
  CHECK(world.uut.tracked_ips() == 100);
  CHECK(world.uut.tracked_subnets() == 1);
  CHECK(world.uut.live() == 100);
}

TEST_CASE("what was added and removed is tracked no more") {
  tracker_world world{unlimited()};
  for (unsigned i = 0; i < 100; ++i)
    CHECK(world.open(numbered(i)) == errc::none);
  world.slots.clear();
  CHECK(world.uut.live() == 0);
  world.uut.expire(world.now);
  CHECK(world.uut.tracked_ips() == 0);
  CHECK(world.uut.tracked_subnets() == 0);
}

TEST_CASE("a live address may come again after a tiny window") {
  auto limits = unlimited();
  limits.ip_rate = rate_limit{1'000'000, 1};
  tracker_world world{limits};
  CHECK(world.open("10.0.0.1") == errc::none);
  world.now += 1us;
  CHECK(world.open("10.0.0.1") == errc::none);
}

TEST_CASE("an address that left may come again after its window, not "
          "before") {
  auto limits = unlimited();
  limits.ip_rate = rate_limit{10, 1};
  tracker_world world{limits};
  CHECK(world.knock("10.0.0.1") == errc::none);
  CHECK(world.knock("10.0.0.1") == errc::rate_limited);
  world.now += 99ms;
  CHECK(world.knock("10.0.0.1") == errc::rate_limited);
  world.now += 1ms;
  CHECK(world.knock("10.0.0.1") == errc::none);
}

TEST_CASE("addresses that came shortly leave nothing behind") {
  auto limits = unlimited();
  limits.ip_rate = rate_limit{10, 5};
  limits.subnet_rate = rate_limit{100, 1000};
  tracker_world world{limits};
  for (unsigned i = 0; i < 100; ++i)
    CHECK(world.knock(numbered(i)) == errc::none);
  CHECK(world.uut.tracked_ips() == 100);
  // Somebody with an alarm and nothing else to do.
  auto steps = 0;
  while (auto when = world.uut.next_wakeup()) {
    REQUIRE(++steps < 100);
    world.now = std::max(world.now, *when);
    world.uut.expire(world.now);
  }
  CHECK(world.now <= time_point{1h} + 1min);
  CHECK(world.uut.tracked_ips() == 0);
  CHECK(world.uut.tracked_subnets() == 0);
}

TEST_CASE("a connection is counted down exactly once, however it "
          "ends") {
  tracker_world world{unlimited()};
  const auto ip = numbered(1);
  auto live = [&] { return world.uut.live(ip); };
  auto answer = world.uut.attempt(ip, world.now);
  auto other = world.uut.attempt(ip, world.now);
  REQUIRE(live() == 2);
  SUBCASE("because its slot goes out of scope") {
    {
      auto slot = std::move(answer.slot);
      CHECK(live() == 2);
    }
    CHECK(live() == 1);
  }
  SUBCASE("because it is released, twice") {
    answer.slot.release();
    answer.slot.release();
    CHECK(live() == 1);
  }
  SUBCASE("because it is moved away") {
    connection_slot first{std::move(answer.slot)};
    connection_slot second;
    second = std::move(first);
    CHECK(live() == 2);
    second = {};
    CHECK(live() == 1);
  }
  SUBCASE("because another takes its place") {
    answer.slot = std::move(other.slot);
    CHECK(live() == 1);
    answer.slot.release();
    CHECK(live() == 0);
    return;
  }
  SUBCASE("but not if it was refused") {
    world.uut.set_limits({.max_per_ip = 2});
    {
      auto third = world.uut.attempt(ip, world.now);
      CHECK(third.code == errc::too_many_from_ip);
      CHECK(live() == 2);
    }
    CHECK(live() == 2);
    answer.slot.release();
    CHECK(live() == 1);
  }
  other.slot.release();
  CHECK(live() == 0);
  CHECK(world.uut.live() == 0);
}

// -- traps --------------------------------------------------------------------

TEST_CASE("each limit has an effect") {
  auto limits = unlimited();
  SUBCASE("max_per_ip") {
    limits.max_per_ip = 1;
    tracker_world world{limits};
    CHECK(world.open("10.0.0.1") == errc::none);
    CHECK(world.open("10.0.0.1") == errc::too_many_from_ip);
    CHECK(world.open("10.0.0.2") == errc::none);
  }
  SUBCASE("max_per_subnet") {
    limits.max_per_subnet = 2;
    tracker_world world{limits};
    CHECK(world.open("10.0.0.1") == errc::none);
    CHECK(world.open("10.0.0.2") == errc::none);
    CHECK(world.open("10.0.0.3") == errc::too_many_from_ip);
    CHECK(world.open("10.0.1.3") == errc::none);
  }
  SUBCASE("subnet, IPv4") {
    limits.max_per_subnet = 1;
    limits.subnet.bits_v4 = 16;
    tracker_world world{limits};
    CHECK(world.open("10.0.0.1") == errc::none);
    CHECK(world.open("10.0.255.1") == errc::too_many_from_ip);
    CHECK(world.open("10.1.0.1") == errc::none);
  }
  SUBCASE("subnet, IPv6") {
    limits.max_per_subnet = 1;
    limits.subnet.bits_v6 = 48;
    tracker_world world{limits};
    CHECK(world.open("2001:db8:1:1::1") == errc::none);
    CHECK(world.open("2001:db8:1:2::1") == errc::too_many_from_ip);
    CHECK(world.open("2001:db8:2::1") == errc::none);
  }
  SUBCASE("ip_rate") {
    limits.ip_rate = rate_limit{1, 3};
    tracker_world world{limits};
    CHECK(world.passed(numbered(1), 10) == 3);
    CHECK(world.passed(numbered(2), 10) == 3);
    world.now += 2s;
    CHECK(world.passed(numbered(1), 10) == 2);
  }
  SUBCASE("subnet_rate") {
    limits.subnet_rate = rate_limit{1, 3};
    tracker_world world{limits};
    CHECK(world.passed(numbered(1), 2) == 2);
    CHECK(world.passed(numbered(2), 10) == 1);
    CHECK(world.passed(numbered(256), 10) == 3);
    world.now += 2s;
    CHECK(world.passed(numbered(3), 10) == 2);
  }
  SUBCASE("total_rate") {
    limits.total_rate = rate_limit{1, 3};
    tracker_world world{limits};
    CHECK(world.passed(numbered(1), 10) == 3);
    CHECK(world.passed(numbered(256), 10) == 0);
    world.now += 2s;
    CHECK(world.passed(numbered(512), 10) == 2);
  }
  SUBCASE("exempt") {
    limits.max_per_ip = 1;
    limits.ip_rate = limits.total_rate = rate_limit{1, 1};
    limits.exempt = {*ip_network::parse("10.9.0.0/16")};
    tracker_world world{limits};
    for (int i = 0; i < 10; ++i)
      CHECK(world.open("10.9.0.1") == errc::none);
    CHECK(world.uut.tracked_ips() == 0);
    CHECK(world.uut.live() == 10);
    CHECK(world.open("10.8.0.1") == errc::none);
    CHECK(world.open("10.8.0.1") == errc::rate_limited);
    world.slots.clear();
    CHECK(world.uut.live() == 0);
  }
}

TEST_CASE("the rate holds for an address with a live connection") {
  auto limits = unlimited();
  limits.ip_rate = rate_limit{10, 2};
  tracker_world world{limits};
  CHECK(world.open("10.0.0.1") == errc::none);
  CHECK(world.passed(numbered(1), 100) == 1);
}

TEST_CASE("an attempt counts whatever becomes of it, but being refused "
          "for the rate costs nothing") {
  auto limits = unlimited();
  limits.max_per_ip = 1;
  limits.ip_rate = rate_limit{1, 3};
  tracker_world world{limits};
  CHECK(world.open("10.0.0.1") == errc::none);
  CHECK(world.knock("10.0.0.1") == errc::too_many_from_ip);
  CHECK(world.knock("10.0.0.1") == errc::too_many_from_ip);
  CHECK(world.knock("10.0.0.1") == errc::rate_limited);
  for (int i = 0; i < 1000; ++i)
    CHECK(world.knock("10.0.0.1") == errc::rate_limited);
  world.slots.clear();
  world.now += 1s;
  CHECK(world.knock("10.0.0.1") == errc::none);
}

TEST_CASE("a lone address and a lone subnet get all that the defaults say") {
  tracker_world world{inbound_limits{.subnet_limits = subnet_scope::all}};
  CHECK(world.passed(numbered(1), 1000) == 100);
  world.now += 1h;
  size_t passed = 0;
  for (unsigned i = 0; i < 10; ++i)
    passed += world.passed(numbered(i), 60);
  CHECK(passed > 360);
  CHECK(passed <= 400);
}

TEST_CASE("addresses of private networks count for themselves, unless an "
          "operator says otherwise") {
  for (auto scope : {subnet_scope::public_networks, subnet_scope::all}) {
    CAPTURE(to_string(scope));
    auto limits = unlimited();
    limits.subnet_limits = scope;
    limits.max_per_ip = 2;
    limits.max_per_subnet = 3;
    limits.subnet_rate = rate_limit{1, 10};
    for (std::string subnet :
         {"127.0.0.", "10.1.2.", "172.31.0.", "192.168.7.", "169.254.1.",
          "100.64.0.", "fd00::", "fe80::", "203.0.113.", "2001:db8::"}) {
      CAPTURE(subnet);
      tracker_world world{limits};
      auto is_public = subnet[0] == '2';
      auto counts = is_public || scope == subnet_scope::all;
      size_t open = 0;
      for (int i = 1; i <= 20; ++i)
        open += world.open((subnet + std::to_string(i)).c_str()) == errc::none
                    ? 1
                    : 0;
      CHECK(open == (counts ? 3u : 20u));
      if (counts)
        continue;
      // An address still does.
      CHECK(world.open((subnet + "1").c_str()) == errc::none);
      CHECK(world.open((subnet + "1").c_str()) == errc::too_many_from_ip);
      CHECK(world.uut.tracked_subnets() == 0);
    }
  }
}

// -- limits -------------------------------------------------------------------

TEST_CASE("limits can change while connections are there") {
  tracker_world world{unlimited()};
  CHECK(world.open("10.0.0.1") == errc::none);
  CHECK(world.open("10.0.0.1") == errc::none);
  auto limits = unlimited();
  limits.max_per_ip = 1;
  limits.subnet.bits_v4 = 16;
  limits.exempt = {*ip_network::parse("10.9.0.0/16")};
  world.uut.set_limits(limits);
  CHECK(world.open("10.0.0.1") == errc::too_many_from_ip);
  CHECK(world.open("10.0.0.2") == errc::none);
  CHECK(world.open("10.9.0.1") == errc::none);
  world.uut.set_limits(unlimited());
  world.slots.clear();
  world.uut.expire(world.now);
  CHECK(world.uut.live() == 0);
  CHECK(world.uut.tracked_ips() == 0);
  CHECK(world.uut.tracked_subnets() == 0);
}

TEST_CASE("a limit of connections that makes no sense is named") {
  struct row {
    const char* name;
    void (*spoil)(inbound_limits&);
  };
  const row rows[] = {
      {"max_per_ip", [](auto& x) { x.max_per_ip = 0; }},
      {"max_per_subnet", [](auto& x) { x.max_per_subnet = 0; }},
      {"tracked_max", [](auto& x) { x.tracked_max = 0; }},
      {"subnet_bits_v4", [](auto& x) { x.subnet.bits_v4 = 33; }},
      {"subnet_bits_v4", [](auto& x) { x.subnet.bits_v4 = 0; }},
      {"subnet_bits_v6", [](auto& x) { x.subnet.bits_v6 = 129; }},
      {"ip_rate", [](auto& x) { x.ip_rate->per_second = 0; }},
      {"ip_rate", [](auto& x) { x.ip_rate->burst = 0.5; }},
      {"subnet_rate", [](auto& x) { x.subnet_rate->per_second = -1; }},
      {"total_rate", [](auto& x) { x.total_rate->burst = 1e300; }},
  };
  for (const auto& row : rows) {
    inbound_limits limits;
    row.spoil(limits);
    auto found = validate(limits);
    CAPTURE(found.context);
    CHECK(found.code == errc::invalid_option);
    CHECK(found.context.starts_with(std::string{row.name} + ":"));
  }
  CHECK(validate(inbound_limits{}).code == errc::none);
}
