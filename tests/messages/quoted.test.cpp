// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/quoted.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("printable text is put in quotes") {
  CHECK(troupe::quoted("") == "\"\"");
  CHECK(troupe::quoted("my node ~") == "\"my node ~\"");
}

TEST_CASE("nothing breaks out of the quotes or of the line") {
  CHECK(troupe::quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(troupe::quoted("a\nb\x1b[0m\x7f") == R"("a\x0ab\x1b[0m\x7f")");
  CHECK(troupe::quoted("\xc2\xa2\xff") == R"("\xc2\xa2\xff")");
  CHECK(troupe::quoted(std::string_view{"\0", 1}) == R"("\x00")");
}

TEST_CASE("text that quotes something can be quoted") {
  CHECK(troupe::quoted("network " + troupe::quoted("a \"b\"") + " is not ours")
        == R"("network \"a \\\"b\\\"\" is not ours")");
}

TEST_CASE("long text is cut") {
  CHECK(troupe::quoted("12345", 5) == "\"12345\"");
  CHECK(troupe::quoted("123456", 5) == "\"12345\"...");
  CHECK(troupe::quoted(std::string(1000, 'x')).size() == 64 + 5);
}
