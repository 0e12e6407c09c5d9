// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/host_name.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::string complaint(const std::string& host) {
  auto bad = validate_host(host);
  return bad.code == errc::none ? "none" : bad.context;
}

} // namespace

TEST_CASE("hosts are IP addresses and names") {
  for (auto host : {"1.2.3.4", "0.0.0.0", "255.255.255.255",
                    "::", "2001:db8::5", "::ffff:1.2.3.4", "localhost", "a",
                    "A.b", "a.b.", "xn--bcher-kva.example", "node_1.my-net",
                    "1.example", "7f000001", "0x.example", "3com.com", "1a"}) {
    CAPTURE(host);
    CHECK(complaint(host) == "none");
  }
}

TEST_CASE("what a resolver would read as another IPv4 address is no host") {
  for (auto host : {"010.0.0.1", "127.1", "127.0.1", "0x7f000001", "0X7F.1",
                    "2130706433", "1.2.3.4.5", "1.2.3.256", "1.2.3.4.", "0x",
                    "1.2.3.0x4", "name.0", "00"}) {
    CAPTURE(host);
    CHECK(complaint(host).ends_with(
        "is neither an IPv4 address of four decimal numbers nor a name"));
  }
}

TEST_CASE("what is no host says why") {
  CHECK(complaint("fe80::1%eth0").find("has a zone") != std::string::npos);
  CHECK(complaint("2001:db8:").ends_with("is not an IPv6 address"));
  CHECK(complaint(":").ends_with("is not an IPv6 address"));
  CHECK(complaint("[::1]").ends_with("is not an IPv6 address"));
  CHECK(complaint("b\xc3\xbc"
                  "cher.example")
            .find("xn--")
        != std::string::npos);
  for (std::string host : {"", ".", "a..b", ".a", "-a", "a-", "a.-b", "a b",
                           "a/b", "a%41", "a\nb", "$(id)", "a,b"}) {
    CAPTURE(host);
    CHECK(complaint(host).ends_with("is not a name"));
  }
}

TEST_CASE("names and their labels have a longest size") {
  CHECK(complaint(std::string(63, 'x')) == "none");
  CHECK(complaint(std::string(64, 'x')).ends_with("is not a name"));
  std::string longest;
  while (longest.size() < 250)
    longest += "xxxx.";
  longest += "com";
  CHECK(longest.size() == 253);
  CHECK(complaint(longest) == "none");
  CHECK(complaint("y" + longest).find("has 254 bytes") != std::string::npos);
}
