// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/address_group.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::string group_of(const char* ip) {
  return address_group(*ip_address::parse(ip));
}

} // namespace

TEST_CASE("an IP address belongs to the network that it takes an owner to "
          "have") {
  using row = std::pair<const char*, const char*>;
  for (const auto& [ip, group] : {
           row{"12.1.2.3", "12.1.0.0/16"},
           row{"12.1.255.255", "12.1.0.0/16"},
           row{"12.2.2.3", "12.2.0.0/16"},
           row{"::ffff:12.1.2.3", "12.1.0.0/16"},
           // Of a private network, each for itself.
           row{"127.0.0.1", "127.0.0.1"},
           row{"::1", "::1"},
           row{"10.1.2.3", "10.1.2.3"},
           row{"192.168.1.2", "192.168.1.2"},
           row{"fd00::7", "fd00::7"},
           // RFC 6145, 6052, 3964 and 4380.
           row{"::ffff:0:c01:203", "12.1.0.0/16"},
           row{"64:ff9b::c01:203", "12.1.0.0/16"},
           row{"2002:c01:203:99::1", "12.1.0.0/16"},
           row{"2001:0:1:2:3:4:f3fe:fdfc", "12.1.0.0/16"},
           // What is embedded may be private, too.
           row{"2002:a01:203::", "10.1.2.3"},
           row{"2001:db8:1::1", "2001:db8::/32"},
           row{"2001:db8:2::1", "2001:db8::/32"},
           row{"2400:cb00::1", "2400:cb00::/32"},
           // A provider of tunnels gives away /36s.
           row{"2001:470:1234::1", "2001:470:1000::/36"},
           row{"2001:470:2234::1", "2001:470:2000::/36"},
       }) {
    CAPTURE(ip);
    CHECK(group_of(ip) == group);
  }
}

TEST_CASE("on this machine each port is a group, and without hosts each peer") {
  const node_address there{
      .protocol = "mconn", .hostname = "127.0.0.1", .port = 7};
  CHECK(address_group(there) == "127.0.0.1:7");
  CHECK(address_group(endpoint{
            .protocol = "mconn", .ip = ip_address::v4(127, 0, 0, 1), .port = 7})
        == "127.0.0.1:7");
  const auto id = node_id::of(std::array<std::byte, 32>{});
  CHECK(address_group(node_address{.protocol = "memory", .id = id})
        == "memory:" + to_string(id));
  CHECK(address_group(endpoint{.protocol = "memory", .path = to_string(id)})
        == "memory:" + to_string(id));
}

TEST_CASE("names are one group") {
  CHECK(address_group({.protocol = "mconn", .hostname = "a.example.org"})
        == address_group({.protocol = "mconn", .hostname = "b.example.com"}));
  CHECK(address_group({.protocol = "mconn", .hostname = "12.1.2.3"})
        == "12.1.0.0/16");
  CHECK(address_group(
            endpoint{.protocol = "mconn", .ip = ip_address::v4(12, 1, 2, 3)})
        == "12.1.0.0/16");
}
