// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/plain_text.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("plain text has no control characters and is UTF-8") {
  CHECK(plain_text("", 4) == "");
  CHECK(plain_text("a b", 9) == "a b");
  CHECK(plain_text("a\nb\x1b[2J\x7f", 9) == "a b [2J ");
  CHECK(plain_text(std::string_view{"a\0b", 3}, 9) == "a b");
  CHECK(plain_text("\xc3\xa9", 9) == "\xc3\xa9");
  CHECK(plain_text("\xc3\xa9\xff", 9) == "???");
}

TEST_CASE("plain text neither breaks a line nor turns its direction") {
  CHECK(plain_text("a\xc2\x9b"
                   "b",
                   9)
        == "a  b");
  CHECK(plain_text("\xc2\xa9", 9) == "\xc2\xa9");
  CHECK(plain_text("\xe2\x80\xa8|\xe2\x80\xae|", 9) == "   |   |");
  CHECK(plain_text("\xe2\x81\xa6\xe2\x82\xac", 9) == "   \xe2\x82\xac");
}

TEST_CASE("long text is cut between two characters") {
  CHECK(plain_text("abcd", 4) == "abcd");
  CHECK(plain_text("abcde", 4) == "abcd...");
  CHECK(plain_text("abc\xc3\xa9", 4) == "abc...");
  CHECK(plain_text("abc\xc3\xa9", 5) == "abc\xc3\xa9");
  CHECK(plain_text(std::string(9, '\x80'), 4) == "...");
  std::string text = "abc";
  cut_text(text, 3);
  CHECK(text == "abc");
}
