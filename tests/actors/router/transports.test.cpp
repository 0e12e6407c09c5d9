// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/transports.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/parse_endpoint.hpp"

using namespace troupe;

namespace {

/// What nodes that listen there tell others.
std::string told(const std::vector<std::string>& places) {
  std::vector<endpoint> all;
  for (const auto& text : places)
    all.push_back(*parse_endpoint(text));
  const auto found = most_public_of(all);
  return found ? to_string(*found) : "nothing";
}

} // namespace

TEST_CASE("others are told the place that is reached from farthest away") {
  const std::string loopback = "mconn://127.0.0.1:1";
  const std::string site = "mconn://192.168.0.1:2";
  const std::string any = "mconn://0.0.0.0:3";
  const std::string any6 = "mconn://[::]:3";
  const std::string world = "mconn://1.2.3.4:4";
  const std::string world6 = "mconn://[2606:4700::1]:4";
  CHECK(told({}) == "nothing");
  CHECK(told({loopback}) == loopback);
  CHECK(told({loopback, site}) == site);
  CHECK(told({loopback, any, site}) == any);
  CHECK(told({any, any6}) == any);
  CHECK(told({any6, any}) == any6);
  CHECK(told({any, site, world6, world}) == world6);
}

TEST_CASE("others are told no place that is not TCP's") {
  std::vector<endpoint> all{
      {.protocol = "memory", .path = "somebody"},
      {.protocol = "toy", .ip = ip_address::v4(1, 2, 3, 4), .port = 5}};
  all.push_back(*parse_endpoint("quic://1.2.3.4:6"));
  CHECK_FALSE(most_public_of(all));
  all.push_back(*parse_endpoint("mconn://127.0.0.1:1"));
  CHECK(most_public_of(all) == all.back());
}

TEST_CASE("over QUIC, others are told the most public place of QUIC's") {
  const std::vector<endpoint> all{*parse_endpoint("mconn://1.2.3.4:4"),
                                  *parse_endpoint("quic://127.0.0.1:5"),
                                  *parse_endpoint("quic://0.0.0.0:6")};
  CHECK(most_public_of(all, ip_carrier::udp) == all[2]);
  CHECK(endpoint_to_map(all, ip_carrier::udp) == all[2]);
  CHECK(endpoint_to_map(all) == all[0]);
}
