// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/utf8.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::string encode(unsigned point) {
  auto unit = [](unsigned value) { return static_cast<char>(value); };
  if (point < 0x80)
    return {unit(point)};
  if (point < 0x800)
    return {unit(0xc0 | point >> 6), unit(0x80 | (point & 0x3f))};
  if (point < 0x10000)
    return {unit(0xe0 | point >> 12), unit(0x80 | (point >> 6 & 0x3f)),
            unit(0x80 | (point & 0x3f))};
  return {unit(0xf0 | point >> 18), unit(0x80 | (point >> 12 & 0x3f)),
          unit(0x80 | (point >> 6 & 0x3f)), unit(0x80 | (point & 0x3f))};
}

} // namespace

TEST_CASE("exactly the code points of Unicode are UTF-8") {
  size_t valid = 0;
  for (unsigned point = 0; point < 0x140000; ++point) {
    auto is_surrogate = point >= 0xd800 && point < 0xe000;
    auto expected = point < 0x110000 && !is_surrogate;
    if (is_utf8(encode(point)) != expected)
      FAIL_CHECK(point);
    valid += expected;
  }
  CHECK(valid == 0x110000 - 0x800);
}

TEST_CASE("overlong, cut and stray sequences are not UTF-8") {
  using namespace std::string_view_literals;
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\0b\xc3\xbc\xf0\x9f\x91\x8bz"sv));
  for (auto text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3\x28", "\xc3\xc3",
        "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82", "\xe2\x82\x28",
        "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x91", "\xfe", "\xff",
        "a\xff", "\xf8\x88\x80\x80\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}
