// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_stream.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

struct line_stream_fixture {
  std::string read(size_t count = 100) {
    std::string result(count, '?');
    result.resize(uut.read(result));
    return result;
  }

  line_stream uut{2 * (5 + line_buffer::overhead),
                  [](uint64_t lost) { return std::to_string(lost) + "!"; }};
};

} // namespace

TEST_CASE_FIXTURE(line_stream_fixture, "lines are read in pieces of any size") {
  CHECK(read() == "");
  uut.push("abc;");
  uut.push("de;");
  CHECK(read(2) == "ab");
  CHECK(read(0) == "");
  CHECK(read(3) == "c;d");
  CHECK(read() == "e;");
  CHECK(read() == "");
  uut.push("");
  uut.push("f;");
  CHECK(read() == "f;");
}

TEST_CASE_FIXTURE(line_stream_fixture,
                  "where lines are lost, one says how many, before "
                  "anything newer") {
  uut.push("1234;");
  uut.push("5678;");
  uut.push("lost;");
  uut.push("lost;");
  CHECK(read(7) == "1234;56");
  // The gap has to have one place.
  uut.push("lost;");
  CHECK(read() == "78;3!");
  uut.push("new;");
  CHECK(read() == "new;");
  CHECK(read() == "");
}
