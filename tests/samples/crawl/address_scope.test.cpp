// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/address_scope.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "made_up_nodes.hpp"
#include "troupe/messages/ip_network.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;

namespace {

bool allows(const address_scope& scope, const std::string& host) {
  auto address = made_up(1);
  address.hostname = host;
  const auto result = scope.allows(address);
  // What a name leads to is judged in the same way.
  if (const auto ip = ip_address::parse(host)) {
    const auto denied = scope.denied_networks();
    CHECK(result
          == std::none_of(denied.begin(), denied.end(), [&ip](const auto& x) {
               return ip_network::parse(x)->contains(*ip);
             }));
  }
  return result;
}

constexpr const char* loopback[] = {"127.0.0.1", "127.8.8.8", "::1"};
constexpr const char* local[]
    = {"10.1.2.3",   "172.16.0.1",  "172.31.255.255", "192.168.1.1",
       "100.64.0.1", "169.254.1.1", "fd00::1",        "fe80::1"};
constexpr const char* nobody[] = {"0.0.0.0",     "224.0.0.1", "255.255.255.255",
                                  "240.1.1.1",   "192.0.2.1", "198.51.100.7",
                                  "203.0.113.7", "::",        "ff02::1",
                                  "2001:db8::1"};
constexpr const char* everybody[]
    = {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2600::1", "example.org"};

} // namespace

TEST_CASE(
    "a crawl of the public network dials neither this machine nor private "
    "networks") {
  address_scope scope;
  scope.include(*ip_address::parse("8.8.8.8"));
  for (const auto* host : loopback)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
  for (const auto* host : local)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
  for (const auto* host : nobody)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
  for (const auto* host : everybody)
    CHECK_MESSAGE(allows(scope, host), host);
  CHECK_FALSE(allows(scope, "localhost"));
  CHECK_FALSE(allows(scope, "a.localhost"));
  CHECK_FALSE(allows(scope, ""));
}

TEST_CASE("a seed in a private network opens private networks, and no more") {
  address_scope scope;
  scope.include(*ip_address::parse("192.168.7.7"));
  for (const auto* host : local)
    CHECK_MESSAGE(allows(scope, host), host);
  for (const auto* host : loopback)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
  for (const auto* host : nobody)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
}

TEST_CASE("a seed on this machine opens this machine, and no private network") {
  address_scope scope;
  scope.include(*ip_address::parse("127.0.0.1"));
  for (const auto* host : loopback)
    CHECK_MESSAGE(allows(scope, host), host);
  CHECK(allows(scope, "localhost"));
  for (const auto* host : local)
    CHECK_FALSE_MESSAGE(allows(scope, host), host);
}

TEST_CASE("who names all addresses himself may name any") {
  const auto scope = address_scope::everywhere();
  for (const auto* host : loopback)
    CHECK_MESSAGE(allows(scope, host), host);
  for (const auto* host : local)
    CHECK_MESSAGE(allows(scope, host), host);
  CHECK(allows(scope, "localhost"));
}
