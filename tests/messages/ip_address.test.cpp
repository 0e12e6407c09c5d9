// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_address.hpp"

#include <unordered_set>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "../vectors.hpp"
#include "inspectors.hpp"

using namespace troupe;
using namespace std::string_view_literals;

namespace {

ip_address ip(std::string_view text) {
  auto parsed = ip_address::parse(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

} // namespace

TEST_CASE("addresses print in their canonical form") {
  // Input and the form of RFC 5952, mostly from its sections 1 to 4.
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:0db8::ff00:0042:8329", "2001:db8::ff00:42:8329"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:DB8:AAAA::1", "2001:db8:aaaa::1"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6::", "1:2:3:4:5:6::"},
      {"::3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"::ffff:8.8.8.8", "8.8.8.8"},
      {"::ffff:808:808", "8.8.8.8"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  for (auto [input, printed] : rows) {
    CAPTURE(input);
    CHECK(to_string(ip(input)) == printed);
    CHECK(ip(printed) == ip(input));
  }
}

TEST_CASE("what is not an address is refused") {
  const std::string_view rows[] = {"",
                                   ".",
                                   "1",
                                   "1.2.3",
                                   "1.2.3.4.5",
                                   "1.2.3.256",
                                   "1.2.3.04",
                                   "01.2.3.4",
                                   "1.2.3.",
                                   ".1.2.3",
                                   "1..2.3",
                                   "1.2.3.4 ",
                                   " 1.2.3.4",
                                   "+1.2.3.4",
                                   "0x1.2.3.4",
                                   "1.2.3.-4",
                                   "1.2.3.1234",
                                   ":",
                                   ":::",
                                   "1:",
                                   ":1",
                                   "1:2",
                                   "1:2:3:4:5:6:7",
                                   "1:2:3:4:5:6:7:8:9",
                                   "1::2::3",
                                   "12345::",
                                   "g::",
                                   "1:2:3:4:5:6:7::8",
                                   "1:2:3:4::5:6:7:8",
                                   "::1.2.3",
                                   "1.2.3.4::",
                                   "::1.2.3.4:5",
                                   "1:2:3:4:5:6:7:1.2.3.4",
                                   "[::1]",
                                   "fe80::1%eth0",
                                   "::1 ",
                                   "localhost"};
  for (auto input : rows) {
    CAPTURE(input);
    CHECK_FALSE(ip_address::parse(input).has_value());
  }
}

TEST_CASE("the C library agrees on every small text") {
  // All texts of up to six characters out of these.
  constexpr std::string_view letters = "1f:.0";
  std::vector<std::string> texts{""};
  for (size_t first = 0; first < texts.size() && texts[first].size() < 6;
       ++first)
    for (auto c : letters)
      texts.push_back(texts[first] + c);
  for (const auto& text : texts) {
    in6_addr expected{};
    auto valid = inet_pton(AF_INET6, text.c_str(), &expected) == 1;
    auto parsed = ip_address::parse(text);
    CAPTURE(text);
    REQUIRE(parsed.has_value() == valid);
    if (valid)
      REQUIRE(std::equal(parsed->bytes().begin(), parsed->bytes().end(),
                         std::as_bytes(std::span{expected.s6_addr}).begin()));
  }
}

TEST_CASE("bytes make an address if there are 4 or 16 of them") {
  auto v4 = test::from_hex("7f000001"sv);
  CHECK(ip_address::from_bytes(v4) == ip("127.0.0.1"));
  auto mapped = test::from_hex("00000000000000000000ffff7f000001"sv);
  CHECK(ip_address::from_bytes(mapped) == ip("127.0.0.1"));
  CHECK(ip_address::from_bytes(mapped)->bytes().size() == 4);
  auto v6 = test::from_hex("20010db8000000000000ff0000428329"sv);
  CHECK(ip_address::from_bytes(v6) == ip("2001:db8::ff00:42:8329"));
  CHECK(test::to_hex(ip_address::from_bytes(v6)->bytes())
        == "20010db8000000000000ff0000428329");
  for (size_t size = 0; size < 20; ++size)
    CHECK(ip_address::from_bytes(bytes(size)).has_value()
          == (size == 4 || size == 16));
}

TEST_CASE("an address knows what kind it is") {
  CHECK(ip("1.2.3.4").is_v4());
  CHECK(ip("::ffff:1.2.3.4").is_v4());
  CHECK(ip("::1").is_v6());
  CHECK(ip("::1.2.3.4").is_v6());
  CHECK(ip_address{} == ip("::"));
  CHECK(ip("0.0.0.0").is_unspecified());
  CHECK(ip("::").is_unspecified());
  CHECK_FALSE(ip("0.0.0.1").is_unspecified());
  CHECK_FALSE(ip("::1").is_unspecified());
  CHECK(ip("127.0.0.1").is_loopback());
  CHECK(ip("127.255.0.1").is_loopback());
  CHECK(ip("::1").is_loopback());
  CHECK_FALSE(ip("128.0.0.1").is_loopback());
  CHECK_FALSE(ip("::2").is_loopback());
  CHECK(ip("224.0.0.1").is_multicast());
  CHECK(ip("239.255.255.255").is_multicast());
  CHECK(ip("ff02::1").is_multicast());
  CHECK_FALSE(ip("223.255.255.255").is_multicast());
  CHECK_FALSE(ip("240.0.0.0").is_multicast());
  CHECK_FALSE(ip("fe80::1").is_multicast());
  CHECK(ip("255.255.255.255").is_broadcast());
  CHECK_FALSE(ip("255.255.255.254").is_broadcast());
}

TEST_CASE("a network holds the addresses that share its first bits") {
  CHECK(ip("172.31.255.255").in(ip("172.16.0.0"), 12));
  CHECK_FALSE(ip("172.32.0.0").in(ip("172.16.0.0"), 12));
  CHECK(ip("fdff::1").in(ip("fc00::"), 7));
  CHECK_FALSE(ip("fe00::1").in(ip("fc00::"), 7));
  CHECK(ip("1.2.3.4").in(ip("0.0.0.0"), 0));
  CHECK(ip("1.2.3.4").in(ip("1.2.3.4"), 32));
  CHECK_FALSE(ip("1.2.3.4").in(ip("1.2.3.4"), 33));
  CHECK_FALSE(ip("::1").in(ip("0.0.0.0"), 0));
  CHECK(ip("::1").in(ip("::1"), 128));
}

TEST_CASE("addresses can be ordered, hashed and sent") {
  CHECK(ip("1.2.3.4") < ip("1.2.3.5"));
  std::unordered_set<ip_address> all{ip("::1"), ip("::2"), ip("1.2.3.4"),
                                     ip("::ffff:1.2.3.4")};
  CHECK(all.size() == 3);
  for (auto text : {"1.2.3.4", "2001:db8::1", "::"}) {
    CAPTURE(text);
    ip_address copy = ip("9.9.9.9");
    CHECK(test::written_text(ip(text)) == text);
    CHECK(test::read_text(copy, text));
    CHECK(copy == ip(text));
    copy = ip("9.9.9.9");
    CHECK(test::read_octets(copy, test::written_octets<16>(ip(text))));
    CHECK(copy == ip(text));
  }
  ip_address copy;
  CHECK_FALSE(test::read_text(copy, "1.2.3"));
}
