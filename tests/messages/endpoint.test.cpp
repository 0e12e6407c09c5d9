// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/endpoint.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/node_address.hpp"

using namespace troupe;

namespace {

const node_id id = *node_id::parse("00112233445566778899aabbccddeeff00112233");

const auto v4 = ip_address::v4(1, 2, 3, 4);
const auto mapped = *ip_address::parse("::ffff:1.2.3.4");
const auto v6 = *ip_address::parse("b10c::1");

} // namespace

TEST_CASE("an endpoint and who answers there make an address") {
  const std::pair<endpoint, node_address> rows[] = {
      {{"mconn", v4, 8080, "path"}, {"mconn", id, "1.2.3.4", 8080, "path"}},
      {{"mconn", mapped, 8080, "path"}, {"mconn", id, "1.2.3.4", 8080, "path"}},
      {{"mconn", v6, 8080, "path"}, {"mconn", id, "b10c::1", 8080, "path"}},
      {{"memory", {}, 0, "foo"}, {"memory", id, "", 0, "foo"}},
      {{"memory", {}, 0, to_string(id)}, {"memory", id, "", 0, to_string(id)}},
      {{"mconn", v4}, {"mconn", id, "1.2.3.4"}},
      {{"mconn", v4, 8080}, {"mconn", id, "1.2.3.4", 8080}},
      {{"mconn", {}, 8080, "path"}, {"mconn", id, "", 0, "path"}},
      {{}, {"", id}},
  };
  for (const auto& [where, address] : rows) {
    CAPTURE(to_string(where));
    CHECK(to_address(where, id) == address);
  }
}

TEST_CASE("an address of IP and port resolves back to its endpoint") {
  for (const endpoint& where :
       {endpoint{"mconn", v4, 8080, "/path"}, endpoint{"tcp", v6, 1},
        endpoint{"mconn", mapped}, endpoint{"memory", {}, 0, to_string(id)}}) {
    CAPTURE(to_string(where));
    auto again = to_endpoint(to_address(where, id));
    REQUIRE(again.has_value());
    CHECK(*again == where);
    CHECK(std::hash<endpoint>{}(*again) == std::hash<endpoint>{}(where));
  }
}

TEST_CASE("endpoints print as URLs") {
  const std::pair<endpoint, std::string_view> rows[] = {
      {{"memory", {}, 0, to_string(id)},
       "memory:00112233445566778899aabbccddeeff00112233"},
      {{"memory", {}, 0, "foo"}, "memory:///foo"},
      {{"memory", {}, 0, "\xf0\x9f\x91\x8b"}, "memory:///%F0%9F%91%8B"},
      {{"mconn", v4}, "mconn://1.2.3.4"},
      {{"mconn", mapped}, "mconn://1.2.3.4"},
      {{"mconn", v6}, "mconn://[b10c::1]"},
      {{"mconn", v4, 8080, "path"}, "mconn://1.2.3.4:8080/path"},
      {{"mconn", v6, 8080, "path"}, "mconn://[b10c::1]:8080/path"},
      {{"", {}, 0, "foo"}, "/foo"},
      {{"mconn", {}, 80}, "mconn:"},
      {{"", v4, 80}, "1.2.3.4:80"},
      {{}, ""},
  };
  for (const auto& [where, text] : rows)
    CHECK(to_string(where) == text);
}

TEST_CASE("an endpoint has a protocol, an IP or a path, and no port "
          "without IP") {
  CHECK(validate(endpoint{"mconn", v4}).code == errc::none);
  CHECK(validate(endpoint{"mconn", v6, 80, "/path"}).code == errc::none);
  CHECK(validate(endpoint{"memory", {}, 0, "foo"}).code == errc::none);
  CHECK(validate(endpoint{}).code == errc::invalid_endpoint);
  CHECK(validate(endpoint{"", v4}).context
        == "endpoint \"1.2.3.4\": it has no protocol");
  // An IP of 3 bytes cannot be expressed.
  CHECK_FALSE(ip_address::from_bytes(std::vector<std::byte>(3)).has_value());
  CHECK(validate(endpoint{"mconn", {}, 80}).context
        == "endpoint \"mconn:\": port 80 has no IP address");
  CHECK(validate(endpoint{"mconn", {}, 80, "path"}).code
        == errc::invalid_endpoint);
  CHECK(validate(endpoint{"mconn"}).context
        == "endpoint \"mconn:\": it has neither an IP address nor a path");
}
