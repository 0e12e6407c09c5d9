// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/errc.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("every code has a name of its own and survives a round trip") {
  auto last = static_cast<uint8_t>(errc::broken_cryptography);
  std::set<std::string> seen;
  for (uint8_t value = 0; value <= last; ++value) {
    auto code = errc::none;
    REQUIRE(from_integer(value, code));
    CHECK(seen.insert(to_string(code)).second);
    auto parsed = errc::none;
    REQUIRE(from_string(to_string(code), parsed));
    CHECK(parsed == code);
  }
}

TEST_CASE("the last code closes the list of names") {
  CHECK(to_string(errc::broken_cryptography) == "broken_cryptography");
  auto code = errc::none;
  auto beyond = static_cast<uint8_t>(errc::broken_cryptography) + 1;
  CHECK_FALSE(from_integer(static_cast<uint8_t>(beyond), code));
  CHECK(to_string(static_cast<errc>(beyond)) == "unknown");
}

TEST_CASE("a failure prints its context, and its code for want of one") {
  CHECK(to_string(failure{errc::timeout, "dial"}) == "dial");
  CHECK(to_string(failure{errc::timeout, ""}) == "timeout");
}
