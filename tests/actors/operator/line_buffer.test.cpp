// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_buffer.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

struct fixture {
  std::string read(size_t count = 100) {
    std::string result(count, '?');
    result.resize(uut.read(result));
    return result;
  }

  line_buffer uut{10, [](uint64_t lost) { return std::to_string(lost) + "!"; }};
};

} // namespace

TEST_CASE_FIXTURE(fixture, "lines are read in pieces of any size") {
  CHECK(uut.empty());
  CHECK(read() == "");
  uut.push("abc;");
  uut.push("de;");
  CHECK(uut.size() == 7);
  CHECK(read(2) == "ab");
  CHECK(read(3) == "c;d");
  CHECK(uut.size() == 2);
  CHECK(read() == "e;");
  CHECK(uut.empty());
}

TEST_CASE_FIXTURE(fixture, "what does not fit is dropped, and where it is "
                           "missing, a line says how much") {
  uut.push("12345678;");
  uut.push("lost;");
  uut.push("lost;");
  CHECK(uut.size() == 9);
  CHECK(uut.dropped_in_all() == 2);
  CHECK_FALSE(uut.empty());
  SUBCASE("once there is something new") {
    CHECK(read(8) == "12345678");
    uut.push("new;");
    CHECK(read() == ";2!new;");
  }
  SUBCASE("or there is nothing else") {
    CHECK(read() == "12345678;2!");
  }
  CHECK(uut.empty());
}
