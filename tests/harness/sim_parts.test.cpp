// SPDX-License-Identifier: Apache-2.0
//
// The small parts of the simulated network.
#include <array>
#include <chrono>
#include <set>

#include <doctest/doctest.h>

#include "troupe/tests/harness/sim_buffer.hpp"
#include "troupe/tests/harness/sim_dns.hpp"
#include "troupe/tests/harness/sim_latency.hpp"
#include "troupe/tests/harness/sim_link.hpp"
#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/tests/harness/sim_topology.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr auto start = time_point{} + 1h;

} // namespace

TEST_CASE("random numbers are a function of the seed, on every machine") {
  sim_random random{42};
  std::array<std::byte, 10> out{};
  random.fill(out);
  // The first two numbers of the 64-bit Mersenne twister, lowest byte first.
  sim_random same{42};
  const auto one = same.fork();
  const auto two = same.fork();
  CHECK(one == 13930160852258120406U);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto number = i < 8 ? one : two;
    CHECK(out[i] == static_cast<std::byte>(number >> (i % 8 * 8) & 0xff));
  }
  CHECK(sim_random{43}.fork() != one);
}

TEST_CASE("chances are what they say") {
  sim_random random{1};
  auto hits = 0;
  for (int i = 0; i < 10'000; ++i)
    hits += random.chance(250) ? 1 : 0;
  CHECK(hits > 2300);
  CHECK(hits < 2700);
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(random.chance(0));
    CHECK(random.chance(1000));
  }
}

TEST_CASE("latencies keep to their bounds and fill them") {
  sim_random random{1};
  CHECK(sim_latency::fixed(5ms).draw(random) == 5ms);
  auto low = duration::max();
  auto high = duration::zero();
  for (int i = 0; i < 10'000; ++i) {
    auto x = sim_latency::uniform(10ms, 20ms).draw(random);
    low = std::min(low, x);
    high = std::max(high, x);
  }
  CHECK(low >= 10ms);
  CHECK(low < 10100us);
  CHECK(high <= 20ms);
  CHECK(high > 19900us);
}

TEST_CASE("a long tail is rare and long") {
  sim_random random{1};
  const auto latency = sim_latency::long_tail(10ms, 1s);
  auto late = 0;
  auto worst = duration::zero();
  for (int i = 0; i < 100'000; ++i) {
    auto x = latency.draw(random);
    CHECK(x >= 5ms);
    worst = std::max(worst, x);
    late += x > 15ms ? 1 : 0;
  }
  CHECK(worst > 100ms);
  CHECK(worst <= latency.worst());
  CHECK(late > 100'000 / 20);
  CHECK(late < 100'000 / 8);
}

TEST_CASE("a buffer gives back what it got, in any pieces") {
  sim_random random{7};
  sim_buffer buffer;
  bytes in;
  bytes out;
  for (int i = 0; i < 2000; ++i) {
    bytes data(random.below(50));
    random.fill(data);
    buffer.append(byte_view{data});
    in.insert(in.end(), data.begin(), data.end());
    auto part = buffer.take(random.below(60));
    out.insert(out.end(), part.begin(), part.end());
    CHECK(buffer.size() == in.size() - out.size());
  }
  auto rest = buffer.take(SIZE_MAX);
  out.insert(out.end(), rest.begin(), rest.end());
  CHECK(in == out);
  CHECK(buffer.empty());
  buffer.append(bytes(10));
  buffer.clear();
  CHECK(buffer.take(10).empty());
}

TEST_CASE("a link knows which packets it lost") {
  sim_link link{{}};
  CHECK_FALSE(link.lost(start));
  link.set_blocked(true, start);
  CHECK(link.blocked());
  CHECK_FALSE(link.lost(start - 1ns));
  CHECK(link.lost(start));
  CHECK(link.lost(start + 10h));
  link.set_blocked(false, start + 1s);
  CHECK_FALSE(link.blocked());
  CHECK(link.lost(start + 1s - 1ns));
  CHECK_FALSE(link.lost(start + 1s));
}

TEST_CASE("hosts have addresses of their own") {
  sim_topology hosts;
  std::set<ip_address> seen;
  for (int i = 0; i < 600; ++i) {
    auto host = hosts.add("host-" + std::to_string(i));
    auto ip = hosts.ip_of(host);
    CHECK(seen.insert(ip).second);
    CHECK(hosts.find(ip) == host);
    auto ip6 = hosts.ip6_of(host);
    CHECK(seen.insert(ip6).second);
    CHECK(hosts.find(ip6) == host);
    CHECK(hosts.find("host-" + std::to_string(i)) == host);
    CHECK(hosts.name_of(host) == "host-" + std::to_string(i));
  }
  CHECK(hosts.ip_of(static_cast<sim_host>(0)) == ip_address::v4(10, 0, 0, 1));
  CHECK(hosts.ip_of(static_cast<sim_host>(299))
        == ip_address::v4(10, 0, 1, 44));
  CHECK(hosts.ip6_of(static_cast<sim_host>(299))
        == ip_address::parse("fd00::12c"));
  CHECK_FALSE(hosts.find(ip_address::v4(10, 0, 0, 0)));
  CHECK_FALSE(hosts.find(ip_address::v4(10, 0, 2, 89)));
  CHECK_FALSE(hosts.find(ip_address::v4(192, 168, 0, 1)));
  CHECK_FALSE(hosts.find(ip_address{}));
  CHECK_FALSE(hosts.find(*ip_address::parse("fd00::259")));
  CHECK_FALSE(hosts.find(*ip_address::parse("fd01::1")));
  CHECK_FALSE(hosts.find("nobody"));
}

TEST_CASE("links have the options of their pair, or the default") {
  sim_topology hosts;
  auto a = hosts.add("a");
  auto b = hosts.add("b");
  hosts.set_default({.bandwidth = 1});
  auto& there = hosts.link(a, b, start);
  CHECK(there.options().bandwidth == 1);
  hosts.set_link(a, b, {.bandwidth = 2});
  CHECK(there.options().bandwidth == 2);
  CHECK(hosts.link(b, a, start).options().bandwidth == 1);
  hosts.set_default({.bandwidth = 3});
  CHECK(there.options().bandwidth == 2);
  CHECK(hosts.link(b, a, start).options().bandwidth == 3);
  CHECK(hosts.link(a, a, start).options().bandwidth == 0);
}

TEST_CASE("walls block one way, overlap, and go one by one") {
  sim_topology hosts;
  auto a = hosts.add("a");
  auto b = hosts.add("b");
  auto c = hosts.add("c");
  auto& used = hosts.link(a, b, start);
  auto one = hosts.block({a}, {a, b}, start);
  auto two = hosts.block({a, c}, {b}, start);
  CHECK(used.blocked());
  CHECK(hosts.blocked(a, b));
  CHECK(hosts.blocked(c, b));
  CHECK_FALSE(hosts.blocked(b, a));
  CHECK_FALSE(hosts.blocked(a, a));
  // A link that is used for the first time is blocked as well.
  CHECK(hosts.link(c, b, start).blocked());
  CHECK(hosts.unblock(one, start).empty());
  CHECK(used.blocked());
  auto freed = hosts.unblock(two, start);
  CHECK(freed == std::set<sim_topology::way>{{a, b}, {c, b}});
  CHECK_FALSE(used.blocked());
  CHECK(hosts.unblock(two, start).empty());
  hosts.block({a}, hosts.others({a}), start);
  CHECK(hosts.blocked(a, b));
  CHECK(hosts.blocked(a, c));
  CHECK(hosts.unblock_all(start).size() == 1);
}

TEST_CASE("the name service answers, fails and says nothing") {
  sim_random random{1};
  sim_dns dns;
  const auto ip = ip_address::v4(10, 0, 0, 1);
  dns.set("a", {.addresses = {ip}, .latency = sim_latency::fixed(3ms)});
  auto found = dns.look_up("a", random);
  CHECK(found.wait == 3ms);
  REQUIRE(found.addresses);
  CHECK(*found.addresses == std::vector{ip});
  CHECK(dns.look_up("b", random).addresses.code() == errc::unknown_host);
  dns.set("a", {.addresses = {ip}, .with = sim_dns_entry::mood::fail});
  CHECK(dns.look_up("a", random).addresses.code() == errc::unknown_host);
  dns.set("a", {.addresses = {ip}, .with = sim_dns_entry::mood::ignore});
  CHECK(dns.look_up("a", random).wait == sim_dns::give_up);
  dns.set("a", {.addresses = {ip}});
  CHECK(dns.look_up("a", random).addresses);
  dns.remove("a");
  CHECK(dns.look_up("a", random).addresses.code() == errc::unknown_host);
}
