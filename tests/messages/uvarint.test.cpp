// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/uvarint.hpp"

#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_view_literals;

namespace {

constexpr auto largest = std::numeric_limits<uint64_t>::max();

/// Numbers and their shortest encodings.
const std::vector<std::pair<uint64_t, std::string>> samples{
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {300, "ac02"},
    {16'383, "ff7f"},
    {16'384, "808001"},
    {uint64_t{1} << 32, "8080808010"},
    {uint64_t{1} << 63, "80808080808080808001"},
    {largest, "ffffffffffffffffff01"},
};

} // namespace

TEST_CASE("numbers take the shortest encoding") {
  for (const auto& [value, text] : samples) {
    CAPTURE(value);
    bytes out;
    append_uvarint(out, value);
    CHECK(to_hex(out) == text);
    CHECK(uvarint_size(value) == out.size());
    std::array<std::byte, max_uvarint_size> buffer;
    CHECK(encode_uvarint(value, buffer.data()) == out.size());
  }
  CHECK(uvarint_size(largest) == max_uvarint_size);
}

TEST_CASE("numbers come back, and what follows them is left alone") {
  for (const auto& [value, text] : samples) {
    CAPTURE(value);
    auto input = from_hex(std::string_view{text});
    input.push_back(std::byte{0xff});
    auto found = decode_uvarint(input);
    CHECK(found.status == uvarint_status::complete);
    CHECK(found.value == value);
    CHECK(found.size == text.size() / 2);
  }
}

TEST_CASE("every proper prefix is incomplete") {
  for (const auto& [value, text] : samples)
    for (size_t size = 0; size < text.size(); size += 2) {
      CAPTURE(value);
      CAPTURE(size);
      auto prefix = from_hex(std::string_view{text}.substr(0, size));
      CHECK(decode_uvarint(prefix).status == uvarint_status::incomplete);
    }
}

TEST_CASE("needless zero groups are accepted") {
  CHECK(decode_uvarint(from_hex("8200"sv)).value == 2);
  auto longest = decode_uvarint(from_hex("82808080808080808000"sv));
  CHECK(longest.status == uvarint_status::complete);
  CHECK(longest.value == 2);
  CHECK(longest.size == 10);
}

TEST_CASE("more than 64 bits or 10 bytes are refused") {
  CHECK(decode_uvarint(from_hex("ffffffffffffffffff02"sv)).status
        == uvarint_status::overflow);
  CHECK(decode_uvarint(from_hex("ffffffffffffffffff7f"sv)).status
        == uvarint_status::overflow);
  CHECK(decode_uvarint(from_hex("8080808080808080808000"sv)).status
        == uvarint_status::overflow);
  // Known with the tenth byte; an eleventh need not come.
  CHECK(decode_uvarint(from_hex("80808080808080808080"sv)).status
        == uvarint_status::overflow);
}

TEST_CASE("a decoder starts afresh after a reset") {
  uvarint_decoder uut;
  CHECK(uut.feed(std::byte{0xff}) == uvarint_status::incomplete);
  uut.reset();
  CHECK(uut.size() == 0);
  CHECK(uut.feed(std::byte{0x05}) == uvarint_status::complete);
  CHECK(uut.value() == 5);
  CHECK(uut.size() == 1);
}
