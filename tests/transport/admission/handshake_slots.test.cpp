// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/handshake_slots.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct handshake_slots_fixture {
  handshake_slots::verdict enter(const char* ip) {
    return uut.enter(origin_of(from, *ip_address::parse(ip)), now);
  }

  /// The code of an attempt that displaces nobody.
  errc code(const char* ip) {
    auto place = enter(ip);
    CHECK_FALSE(place.displaced);
    return place.code;
  }

  handshake_limits limits{
      .max = 6, .max_per_ip = 2, .max_per_subnet = 4, .grace = 2s};
  inbound_limits from{.subnet_limits = subnet_scope::all};
  handshake_slots uut{limits};
  time_point now{1h};
};

} // namespace

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "an address and a subnet have their share") {
  CHECK(code("10.0.0.1") == errc::none);
  CHECK(code("10.0.0.1") == errc::none);
  CHECK(code("10.0.0.1") == errc::too_many_from_ip);
  CHECK(code("10.0.0.2") == errc::none);
  CHECK(code("10.0.0.3") == errc::none);
  CHECK(code("10.0.0.4") == errc::too_many_from_ip);
  CHECK(code("10.0.1.1") == errc::none);
  CHECK(uut.size() == 5);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "a place that was given back is free, and given back "
                  "once") {
  auto first = enter("10.0.0.1");
  CHECK(code("10.0.0.1") == errc::none);
  CHECK(uut.leave(first.slot));
  CHECK_FALSE(uut.leave(first.slot));
  CHECK_FALSE(uut.leave(0));
  CHECK(uut.size() == 1);
  CHECK(code("10.0.0.1") == errc::none);
  CHECK(code("10.0.0.1") == errc::too_many_from_ip);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "a slow-loris flood from few addresses only "
                  "displaces itself") {
  auto oldest = enter("10.0.0.1");
  for (const auto* ip : {"10.0.0.1", "10.0.0.2", "10.0.0.2"})
    CHECK(code(ip) == errc::none);
  CHECK(code("10.0.1.1") == errc::none);
  CHECK(code("10.0.1.1") == errc::none);
  REQUIRE(uut.size() == limits.max);
  // Somebody else comes, and the oldest of the greediest subnet makes way.
  auto stranger = enter("192.168.0.1");
  CHECK(stranger.code == errc::none);
  CHECK(stranger.displaced == oldest.slot);
  CHECK(uut.size() == limits.max);
  CHECK_FALSE(uut.leave(oldest.slot));
  // The flood goes on, and gets nothing of what it lost.
  CHECK(code("10.0.0.1") == errc::rate_limited);
  CHECK(code("10.0.1.2") == errc::rate_limited);
  CHECK(uut.leave(stranger.slot));
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "whoever had time enough makes way when nobody "
                  "is greedier than the newcomer") {
  std::vector<uint64_t> slots;
  for (const auto* ip : {"10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1",
                         "10.0.4.1", "10.0.5.1"}) {
    slots.push_back(enter(ip).slot);
    now += 100ms;
  }
  CHECK(code("10.0.6.1") == errc::rate_limited);
  now += 1399ms;
  CHECK(code("10.0.6.1") == errc::rate_limited);
  now += 1ms;
  CHECK(enter("10.0.6.1").displaced == slots[0]);
  CHECK(code("10.0.7.1") == errc::rate_limited);
  now += 100ms;
  CHECK(enter("10.0.7.1").displaced == slots[1]);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "without IP addresses only the total counts") {
  for (size_t i = 0; i < limits.max; ++i)
    CHECK(uut.enter(std::nullopt, now).code == errc::none);
  CHECK(uut.enter(std::nullopt, now).code == errc::rate_limited);
  now += limits.grace;
  CHECK(uut.enter(std::nullopt, now).displaced == 1u);
}

TEST_CASE("a limit that makes no sense is named") {
  struct row {
    const char* name;
    handshake_limits limits;
  };
  for (const auto& row : {
           row{"max_handshakes", {.max = 0}},
           row{"max_handshakes_per_ip", {.max_per_ip = 0}},
           row{"max_handshakes_per_subnet", {.max_per_subnet = 0}},
           row{"handshake_grace", {.grace = -1ns}},
       }) {
    auto found = validate(row.limits);
    CHECK(found.code == errc::invalid_option);
    CHECK(found.context.starts_with(std::string{row.name} + ":"));
  }
  CHECK(validate(handshake_limits{}).code == errc::none);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "another size of subnets holds for newcomers") {
  CHECK(code("10.0.0.1") == errc::none);
  from.subnet.bits_v4 = 8;
  for (const auto* ip : {"10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1"})
    CHECK(code(ip) == errc::none);
  CHECK(code("10.5.0.1") == errc::too_many_from_ip);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "a stranger from a subnet never seen goes before "
                  "who says nothing") {
  // A flood from more subnets than there are places, which comes again and
  // again.
  std::vector<uint64_t> flood;
  auto attack = [this, &flood] {
    for (int i = 0; i < 20; ++i) {
      auto place = enter(("10.1." + std::to_string(i) + ".1").c_str());
      if (place.code != errc::none)
        continue;
      uut.listens(place.slot);
      flood.push_back(place.slot);
    }
  };
  attack();
  REQUIRE(uut.size() == limits.max);
  now += 100ms;
  auto before = flood.size();
  attack();
  CHECK(flood.size() == before);
  auto stranger = enter("10.2.0.1");
  CHECK(stranger.code == errc::none);
  REQUIRE(stranger.displaced);
  CHECK(std::count(flood.begin(), flood.end(), *stranger.displaced) == 1);
  // It speaks at once, so that nobody takes its place.
  uut.listens(stranger.slot);
  uut.heard(stranger.slot);
  now += 100ms;
  attack();
  CHECK(uut.leave(stranger.slot));
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "who was not asked to speak yet, or has spoken, is "
                  "not taken for silent") {
  std::vector<uint64_t> slots;
  for (const auto* ip :
       {"10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1", "10.0.5.1"})
    slots.push_back(enter(ip).slot);
  CHECK(code("10.0.6.1") == errc::rate_limited);
  for (auto slot : slots) {
    uut.listens(slot);
    uut.heard(slot);
  }
  CHECK(code("10.0.7.1") == errc::rate_limited);
  uut.listens(slots[3]);
  CHECK(enter("10.0.8.1").displaced == slots[3]);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "what is remembered of subnets is bounded") {
  for (unsigned i = 0; i < 3 * handshake_slots::subnets_max; ++i) {
    auto ip = ip_address::v4(10, static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i), 1);
    auto place = uut.enter(origin_of(from, ip), now);
    REQUIRE(place.code == errc::none);
    uut.leave(place.slot);
  }
  // The first ones are forgotten, the last ones are not.
  for (const auto* ip :
       {"11.0.0.1", "11.0.1.1", "11.0.2.1", "11.0.3.1", "11.0.4.1", "11.0.5.1"})
    uut.listens(enter(ip).slot);
  CHECK(code("10.11.255.1") == errc::rate_limited);
  CHECK(enter("10.0.0.1").displaced);
}

TEST_CASE_FIXTURE(handshake_slots_fixture,
                  "private networks have no subnets by default, and "
                  "their addresses count alone") {
  from.subnet_limits = subnet_scope::public_networks;
  for (const auto* ip :
       {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.5"})
    CHECK(code(ip) == errc::none);
  CHECK(code("10.0.0.5") == errc::too_many_from_ip);
  // The greedy one makes way, though others came first.
  CHECK(enter("10.0.0.6").displaced == 5u);
}
