// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/legacy_address.hpp"

#include <algorithm>
#include <cctype>

#include <doctest/doctest.h>

#include "../vectors.hpp"

using namespace troupe;

namespace {

const std::string id_text(40, 'd');

/// CometBFT keeps the case of an ID. Ours is a value, two spellings of which
/// would be two peers.
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string context_of(std::string_view text) {
  auto parsed = legacy_address::parse(text);
  return parsed ? "no error" : parsed.error().context;
}

} // namespace

TEST_CASE("legacy addresses parse and print as CometBFT parses and prints "
          "them") {
  auto rows = test::load_vectors("netaddress_legacy")["rows"];
  CHECK(rows.size() == 58);
  for (const auto& row : rows) {
    CAPTURE(row);
    auto parsed = legacy_address::parse(row["input"].get<std::string>());
    REQUIRE(parsed.has_value() == !row.contains("error"));
    if (!parsed) {
      CHECK(parsed.code() == errc::invalid_address);
      continue;
    }
    CHECK(to_string(parsed->id) == lower(row["id"]));
    REQUIRE(parsed->ip().has_value());
    CHECK(to_string(*parsed->ip()) == row["ip"]);
    CHECK(parsed->port == row["port"]);
    CHECK(to_string(*parsed) == lower(row["string"]));
    CHECK(parsed->is_valid() == row["valid"].get<bool>());
    CHECK(parsed->is_local() == row["local"].get<bool>());
    CHECK(parsed->is_routable() == row["routable"].get<bool>());
    CHECK(*legacy_address::parse(to_string(*parsed)) == [&] {
      auto canonical = *parsed;
      canonical.host = to_string(*parsed->ip());
      return canonical;
    }());
  }
}

TEST_CASE("a host name stays what it is, and is neither valid nor routable "
          "before somebody looked it up") {
  auto parsed = legacy_address::parse(id_text + "@Host.example:26656");
  REQUIRE(parsed.has_value());
  CHECK(parsed->host == "Host.example");
  CHECK_FALSE(parsed->ip().has_value());
  CHECK_FALSE(parsed->is_valid());
  CHECK_FALSE(parsed->is_local());
  CHECK_FALSE(parsed->is_routable());
  CHECK(to_string(*parsed) == id_text + "@Host.example:26656");
}

TEST_CASE("an address without ID prints without one, and is not valid") {
  legacy_address x{.host = "::1", .port = 80};
  CHECK(to_string(x) == "[::1]:80");
  x.host = "1.2.3.4";
  CHECK(to_string(x) == "1.2.3.4:80");
  CHECK_FALSE(x.is_valid());
}

TEST_CASE("networks end where they end") {
  auto routable = [](std::string_view ip) {
    return legacy_address{*node_id::parse(id_text), std::string{ip}, 1}
        .is_routable();
  };
  CHECK(routable("9.255.255.255"));
  CHECK_FALSE(routable("10.0.0.0"));
  CHECK_FALSE(routable("10.255.255.255"));
  CHECK(routable("11.0.0.0"));
  CHECK(routable("172.15.255.255"));
  CHECK_FALSE(routable("172.31.255.255"));
  CHECK(routable("192.167.255.255"));
  CHECK(routable("192.169.0.0"));
  CHECK(routable("169.253.255.255"));
  CHECK(routable("169.255.0.0"));
  CHECK_FALSE(routable("fe80::ffff:ffff:ffff:ffff"));
  CHECK(routable("fe80:0:0:1::"));
  CHECK_FALSE(routable("fdff::1"));
  CHECK(routable("fe00::1"));
  CHECK_FALSE(routable("2001:1f::1"));
  CHECK(routable("2001:20::1"));
  CHECK_FALSE(routable("2001:db8:ffff::1"));
  CHECK(routable("2001:db9::1"));
  CHECK_FALSE(routable("0.255.255.255"));
  CHECK(routable("1.0.0.0"));
  CHECK_FALSE(routable("127.255.255.255"));
  CHECK(routable("128.0.0.0"));
  CHECK_FALSE(routable("::"));
  CHECK_FALSE(routable("::1"));
}

TEST_CASE("what is wrong with a legacy address is said for humans") {
  CHECK(context_of("1.2.3.4:80")
        == "address \"1.2.3.4:80\": it has no node ID, expected ID@HOST:PORT");
  CHECK(context_of("x@1.2.3.4:80")
        == "address \"x@1.2.3.4:80\": node ID \"x\" is not 40 hexadecimal "
           "digits");
  CHECK(context_of(id_text + "@host")
        == "address \"" + id_text + "@host\": \"host\" is not HOST:PORT");
  CHECK(context_of(id_text + "@host:99999")
        == "address \"" + id_text
               + "@host:99999\": port \"99999\" is not a number from 0 to "
                 "65535");
}

TEST_CASE("a host that no line of a log should hold is refused") {
  for (std::string host : {"a b", "a\n", "\x1b[2J", "\xff", "[::1", "::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(legacy_address::parse(id_text + '@' + host + ":1").has_value());
  }
  CHECK(legacy_address::parse(id_text + '@' + std::string(253, 'x') + ":1")
            .has_value());
  CHECK_FALSE(
      legacy_address::parse(id_text + '@' + std::string(254, 'x') + ":1")
          .has_value());
  CHECK(context_of(id_text + '@' + std::string(100'000, 'x') + ":1").size()
        < 400);
}
