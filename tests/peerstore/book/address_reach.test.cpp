// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/address_reach.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

node_address at(const char* host) {
  return {.protocol = "mconn", .hostname = host, .port = 26656};
}

/// Whether an address means the same to who is there.
bool same(const char* what, const char* where) {
  return means_the_same(
      at(what),
      endpoint{.protocol = "mconn", .ip = ip_address::parse(where), .port = 1});
}

} // namespace

TEST_CASE("nobody is at an address that no node can have") {
  for (const auto* host :
       {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "192.0.0.8", "::", "ff02::1", "2001:10::1"}) {
    CAPTURE(host);
    CHECK(is_nowhere(at(host)));
  }
  for (const auto* host : {"1.2.3.4", "10.0.0.1", "127.0.0.1", "::1", "fe80::1",
                           "2400:cb00::1", "example.org"}) {
    CAPTURE(host);
    CHECK_FALSE(is_nowhere(at(host)));
  }
}

TEST_CASE("what everybody reaches means the same everywhere") {
  for (const auto* where : {"1.2.3.4", "10.0.0.1", "127.0.0.1", "2400:cb00::1"})
    for (const auto* what : {"8.8.8.8", "2400:cb00::2", "example.org"}) {
      CAPTURE(where);
      CAPTURE(what);
      CHECK(same(what, where));
      CHECK(means_the_same(at(what), std::nullopt));
    }
}

TEST_CASE("an address of a private network means something to those in it") {
  struct row {
    const char* what;
    const char* inside;
  };
  const row rows[] = {
      {"10.1.2.3", "10.200.0.1"},
      {"172.16.1.1", "172.31.255.1"},
      {"192.168.1.1", "192.168.77.1"},
      {"100.64.0.1", "100.127.0.1"},
      {"169.254.1.1", "169.254.200.1"},
      {"198.18.0.1", "198.19.0.1"},
      {"192.0.2.1", "192.0.2.77"},
      {"198.51.100.1", "198.51.100.2"},
      {"203.0.113.1", "203.0.113.2"},
      {"fd00::1", "fc12::7"},
      {"fe80::1", "fe80::2"},
      {"2001:db8::1", "2001:db8:7::1"},
      {"::ffff:10.1.2.3", "10.200.0.1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(same(row.what, row.inside));
    CHECK_FALSE(same(row.what, "1.2.3.4"));
    CHECK_FALSE(same(row.what, "127.0.0.1"));
    CHECK_FALSE(means_the_same(at(row.what), std::nullopt));
    for (const auto& other : rows)
      if (std::string_view{other.inside} != row.inside)
        CHECK_FALSE(same(row.what, other.inside));
  }
  // The networks beside them are everybody's.
  for (const auto* what :
       {"9.255.255.255", "11.0.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1",
        "192.169.1.1", "100.63.1.1", "100.128.1.1", "2001:db9::1"}) {
    CAPTURE(what);
    CHECK(same(what, "1.2.3.4"));
  }
}

TEST_CASE("loopback means something to those on this machine") {
  for (const auto* what :
       {"127.0.0.1", "127.3.2.1", "::1", "localhost", "db.localhost"}) {
    CAPTURE(what);
    CHECK(same(what, "127.0.0.1"));
    CHECK(same(what, "::1"));
    CHECK_FALSE(same(what, "1.2.3.4"));
    CHECK_FALSE(same(what, "10.0.0.1"));
    CHECK_FALSE(means_the_same(at(what), std::nullopt));
  }
}

TEST_CASE("what is no address of a network means something to those of the "
          "protocol") {
  const node_address there{.protocol = "memory"};
  CHECK(means_the_same(there, endpoint{.protocol = "memory", .path = "x"}));
  CHECK_FALSE(means_the_same(there, endpoint{.protocol = "pipe", .path = "x"}));
  CHECK_FALSE(means_the_same(
      there, endpoint{.protocol = "mconn", .ip = ip_address::v4(1, 2, 3, 4)}));
  CHECK_FALSE(means_the_same(there, std::nullopt));
  // The Internet is there for them as well.
  CHECK(means_the_same(at("1.2.3.4"),
                       endpoint{.protocol = "memory", .path = "x"}));
}

TEST_CASE("where a name leads is judged once it is looked up") {
  const auto there = ip_address::v4(1, 2, 3, 4);
  CHECK_FALSE(means_the_same(ip_address::v4(10, 0, 0, 1), there));
  CHECK_FALSE(means_the_same(ip_address::v4(127, 0, 0, 1), there));
  CHECK(means_the_same(ip_address::v4(4, 3, 2, 1), there));
  CHECK(is_nowhere(ip_address::v4(0, 0, 0, 0)));
}
