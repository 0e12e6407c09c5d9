// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/line_buffer.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("lines come out in the order in which they went in") {
  line_buffer uut{1000};
  CHECK(uut.empty());
  CHECK(uut.push("one"));
  CHECK(uut.push("two"));
  CHECK_FALSE(uut.empty());
  CHECK(uut.pop() == "one");
  CHECK(uut.pop() == "two");
  CHECK_FALSE(uut.pop());
  CHECK_FALSE(uut.end_gap());
  CHECK(uut.empty());
}

TEST_CASE("what has no room is lost in one gap, which ends when the reader has "
          "caught up") {
  line_buffer uut{2 * (3 + line_buffer::overhead)};
  CHECK(uut.push("one"));
  CHECK(uut.push("two"));
  CHECK_FALSE(uut.push("3"));
  CHECK(uut.pop() == "one");
  // There is room, but the gap would have no place any more.
  CHECK_FALSE(uut.push("4"));
  CHECK_FALSE(uut.end_gap());
  CHECK(uut.pop() == "two");
  CHECK_FALSE(uut.pop());
  CHECK_FALSE(uut.empty());
  CHECK(uut.end_gap() == 2u);
  CHECK(uut.empty());
  CHECK(uut.push("5"));
  CHECK(uut.pop() == "5");
}

TEST_CASE("many empty lines have a bound, too, and a line longer than all room "
          "is lost") {
  line_buffer uut{10 * line_buffer::overhead};
  for (int i = 0; i < 10; ++i)
    CHECK(uut.push(""));
  CHECK_FALSE(uut.push(""));
  CHECK(uut.clear() == 11);
  CHECK(uut.empty());
  CHECK_FALSE(uut.push(std::string(10 * line_buffer::overhead, 'x')));
  CHECK(uut.end_gap() == 1u);
  CHECK(uut.push("y"));
}
