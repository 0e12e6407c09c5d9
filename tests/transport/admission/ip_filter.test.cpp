// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/admission/ip_filter.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::vector<ip_network> networks(const std::vector<const char*>& texts) {
  std::vector<ip_network> result;
  for (const auto* text : texts)
    result.push_back(*ip_network::parse(text));
  return result;
}

bool passes(const ip_filter& filter, const char* text) {
  return filter.passes(*ip_address::parse(text));
}

} // namespace

TEST_CASE("without lists everybody passes") {
  CHECK(passes({}, "1.2.3.4"));
  CHECK(passes({}, "::1"));
}

TEST_CASE("who is denied stays out, and nobody else") {
  const ip_filter filter{{}, networks({"10.0.0.0/8", "1.2.3.4", "fc00::/7"})};
  CHECK_FALSE(passes(filter, "10.9.8.7"));
  CHECK_FALSE(passes(filter, "1.2.3.4"));
  CHECK_FALSE(passes(filter, "::ffff:1.2.3.4"));
  CHECK_FALSE(passes(filter, "fd00::1"));
  CHECK(passes(filter, "11.0.0.0"));
  CHECK(passes(filter, "1.2.3.5"));
  CHECK(passes(filter, "2001:db8::1"));
}

TEST_CASE("if anything is allowed, everything else stays out") {
  const ip_filter filter{networks({"10.0.0.0/8", "2001:db8::/32"}), {}};
  CHECK(passes(filter, "10.0.0.1"));
  CHECK(passes(filter, "2001:db8::1"));
  CHECK_FALSE(passes(filter, "11.0.0.1"));
  CHECK_FALSE(passes(filter, "::1"));
}

TEST_CASE("what is denied stays out, allowed or not") {
  const ip_filter filter{networks({"10.0.0.0/8", "10.1.2.3"}),
                         networks({"10.1.0.0/16"})};
  CHECK(passes(filter, "10.0.0.1"));
  CHECK_FALSE(passes(filter, "10.1.2.3"));
  CHECK_FALSE(passes(filter, "10.1.0.0"));
}

TEST_CASE("a network of one family says nothing about the other") {
  CHECK(passes({{}, networks({"::/0"})}, "1.2.3.4"));
  CHECK_FALSE(passes({{}, networks({"::/0"})}, "::1"));
  CHECK_FALSE(passes({networks({"::/0"}), {}}, "1.2.3.4"));
  // 32 bits are all of IPv4 and a part of IPv6.
  CHECK(passes({{}, networks({"102:304::/32"})}, "1.2.3.4"));
}
