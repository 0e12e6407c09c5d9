// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/rfc3339.hpp"

#include <doctest/doctest.h>

#include "troupe/messages/timestamp.hpp"

using namespace troupe;
using namespace troupe::command;

namespace {

std::string read(std::string_view text) {
  const auto time = parse_timestamp(text);
  return time ? timestamp(*time) : "";
}

} // namespace

TEST_CASE("times are read as Go prints them") {
  CHECK(read("2030-01-02T03:04:05Z") == "2030-01-02T03:04:05.000Z");
  CHECK(read("2030-01-02T03:04:05.678901234Z") == "2030-01-02T03:04:05.678Z");
  CHECK(read("2030-01-02T03:04:05.5+02:00") == "2030-01-02T01:04:05.500Z");
  CHECK(read("2030-01-02T03:04:05-05:30") == "2030-01-02T08:34:05.000Z");
  CHECK(read("2024-02-29T23:59:60Z") == "2024-03-01T00:00:00.000Z");
  // What Go has for a time that never came.
  CHECK(parse_timestamp("0001-01-01T00:00:00Z") < wall_time{});
}

TEST_CASE("what is no time is refused") {
  for (const auto* text :
       {"", "2030", "2030-01-02", "2030-01-02T03:04:05", "2030-1-2T03:04:05Z",
        "2030-01-02 03:04:05Z", "2030-13-02T03:04:05Z", "2030-02-30T03:04:05Z",
        "2030-01-02T24:04:05Z", "2030-01-02T03:60:05Z", "2030-01-02T03:04:61Z",
        "2030-01-02T03:04:05.Z", "2030-01-02T03:04:05ZZ",
        "2030-01-02T03:04:05+2", "-030-01-02T03:04:05Z", "2030-01-02T-3:04:05Z",
        "2030-01-02T03:04:05*02:00"})
    CHECK_MESSAGE(!parse_timestamp(text), text);
}
