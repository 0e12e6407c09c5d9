// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/mapping_protocol.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

using protocols = std::vector<mapping_protocol>;

constexpr auto natpmp = mapping_protocol::natpmp;
constexpr auto upnp = mapping_protocol::upnp;

} // namespace

TEST_CASE("protocols for port mapping go by their names, the quickest first") {
  CHECK(*parse_mapping_protocols("none") == protocols{});
  CHECK(*parse_mapping_protocols("any") == protocols{natpmp, upnp});
  CHECK(*parse_mapping_protocols("upnp") == protocols{upnp});
  CHECK(*parse_mapping_protocols("natpmp") == protocols{natpmp});
  CHECK(*parse_mapping_protocols("upnp, natpmp") == protocols{natpmp, upnp});
  CHECK(to_string(natpmp) == "natpmp");
  CHECK(to_string(upnp) == "upnp");
}

TEST_CASE("what is no protocol for port mapping is refused, in words") {
  for (const std::string text :
       {"", ",", "pcp", "upnp,", "upnp,pcp", "any,upnp", "none,upnp", "UPNP"}) {
    CAPTURE(text);
    const auto bad = parse_mapping_protocols(text);
    REQUIRE_FALSE(bad);
    CHECK(bad.code() == errc::invalid_option);
    CHECK(bad.error().context.find("expected natpmp, upnp")
          != std::string::npos);
  }
}
