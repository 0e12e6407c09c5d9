// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/quoted.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("printable text is put in quotes") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("my node ~") == "\"my node ~\"");
}

TEST_CASE("nothing breaks out of the quotes or of the line") {
  CHECK(quoted("a\"b\\c") == R"("a\x22b\x5cc")");
  CHECK(quoted("a\nb\x1b[0m\x7f") == R"("a\x0ab\x1b[0m\x7f")");
  CHECK(quoted("\xc2\xa2\xff") == R"("\xc2\xa2\xff")");
  CHECK(quoted(std::string_view{"\0", 1}) == R"("\x00")");
}

TEST_CASE("long text is cut") {
  CHECK(quoted("12345", 5) == "\"12345\"");
  CHECK(quoted("123456", 5) == "\"12345\"...");
  CHECK(quoted(std::string(1000, 'x')).size() == 64 + 5);
}
