// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_network.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

ip_address ip(const char* text) {
  auto result = ip_address::parse(text);
  REQUIRE(result);
  return *result;
}

ip_network network(const char* text) {
  auto result = ip_network::parse(text);
  REQUIRE(result);
  return *result;
}

} // namespace

TEST_CASE("a network is parsed and printed with its prefix length") {
  CHECK(to_string(network("10.0.0.0/8")) == "10.0.0.0/8");
  CHECK(to_string(network("0.0.0.0/0")) == "0.0.0.0/0");
  CHECK(to_string(network("10.1.2.3")) == "10.1.2.3/32");
  CHECK(to_string(network("2001:DB8::/33")) == "2001:db8::/33");
  CHECK(to_string(network("::1")) == "::1/128");
  // An IPv4 address is the same however it is written.
  CHECK(network("::ffff:10.1.2.3") == network("10.1.2.3"));
}

TEST_CASE("what is no network is refused with what was expected") {
  for (const auto* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
        "10.0.0/8", "::/129", "host/8", "10.0.0.0/8/8", "10.0.0.0/99999999999",
        "10.0.0.0/+8"}) {
    CAPTURE(text);
    auto found = ip_network::parse(text);
    CHECK(found.code() == errc::invalid_option);
  }
  auto found = ip_network::parse("10.1.0.0/8");
  REQUIRE(found.code() == errc::invalid_option);
  CHECK(found.error().context.find("10.0.0.0/8") != std::string::npos);
}

TEST_CASE("a network contains what begins with its bits") {
  CHECK(network("10.0.0.0/8").contains(ip("10.255.255.255")));
  CHECK_FALSE(network("10.0.0.0/8").contains(ip("11.0.0.0")));
  CHECK(network("10.1.2.128/25").contains(ip("10.1.2.128")));
  CHECK_FALSE(network("10.1.2.128/25").contains(ip("10.1.2.127")));
  CHECK(network("2001:db8::/32").contains(ip("2001:db8:ffff::1")));
  CHECK_FALSE(network("2001:db8::/32").contains(ip("2001:db9::1")));
  // All of one family is nothing of the other.
  CHECK(network("0.0.0.0/0").contains(ip("1.2.3.4")));
  CHECK_FALSE(network("::/0").contains(ip("1.2.3.4")));
  CHECK_FALSE(network("0.0.0.0/0").contains(ip("::1")));
}

TEST_CASE("an address belongs to one network of each size") {
  CHECK(ip_network::of(ip("10.1.2.3"), 24) == network("10.1.2.0/24"));
  CHECK(ip_network::of(ip("10.1.2.3"), 20) == network("10.1.0.0/20"));
  CHECK(ip_network::of(ip("10.1.2.3"), 0) == network("0.0.0.0/0"));
  CHECK(ip_network::of(ip("10.1.2.3"), 64) == network("10.1.2.3/32"));
  CHECK(ip_network::of(ip("2001:db8:1:2:3::"), 64)
        == network("2001:db8:1:2::/64"));
  CHECK(ip_network::of(ip("::1")) == network("::1/128"));
}
