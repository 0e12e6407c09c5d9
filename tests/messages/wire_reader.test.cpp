// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wire_reader.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_view_literals;

TEST_CASE("fields come back as they were written") {
  bytes wire;
  append_varint_field(wire, 1, 150);
  append_text_field(wire, 2, "testing");
  append_bytes_field(wire, 15, from_hex("00ff"sv));
  append_varint_field(wire, 16, 1);
  append_message_field(wire, 536'870'911, {});
  CHECK(to_hex(wire)
        == "089601"
           "120774657374696e67"
           "7a0200ff"
           "800101"
           "faffffff0f00");
  wire_reader in{wire};
  REQUIRE(in.next());
  CHECK(in.field() == 1);
  CHECK(in.type() == wire_type::varint);
  CHECK(in.varint() == 150);
  REQUIRE(in.next());
  CHECK(in.field() == 2);
  CHECK(in.type() == wire_type::length_delimited);
  CHECK(in.text() == "testing");
  REQUIRE(in.next());
  CHECK(in.field() == 15);
  CHECK(to_hex(in.view()) == "00ff");
  REQUIRE(in.next());
  CHECK(in.field() == 16);
  CHECK(in.varint() == 1);
  REQUIRE(in.next());
  CHECK(in.field() == 536'870'911);
  CHECK(in.view().empty());
  CHECK_FALSE(in.next());
  CHECK(in.ok());
}

TEST_CASE("zero and empty values are not written, empty messages are") {
  bytes wire;
  append_varint_field(wire, 1, 0);
  append_text_field(wire, 2, "");
  append_bytes_field(wire, 3, {});
  CHECK(wire.empty());
  append_message_field(wire, 1, {});
  CHECK(to_hex(wire) == "0a00");
  append_delimited(wire, from_hex("616263"sv));
  CHECK(to_hex(wire) == "0a0003616263");
}

TEST_CASE("an int32 keeps the low 32 bits") {
  auto read = [](std::string_view text) {
    auto wire = from_hex(text);
    wire_reader in{wire};
    CHECK(in.next());
    auto result = in.int32();
    CHECK(in.ok());
    return result;
  };
  CHECK(read("0820") == 32);
  CHECK(read("08ffffffffffffffffff01") == -1);
  CHECK(read("08a080808010") == 32);
}

TEST_CASE("fields that nobody reads are skipped") {
  // Of every type, a group in a group included, then field 2 = 7.
  auto wire = from_hex("0801"
                       "090102030405060708"
                       "0a03616263"
                       "0b0801137b7c141202ff001d010203040c"
                       "0d01020304"
                       "1007"sv);
  for (bool explicitly : {false, true}) {
    CAPTURE(explicitly);
    wire_reader in{wire};
    uint64_t value = 0;
    size_t fields = 0;
    while (in.next()) {
      ++fields;
      if (in.field() == 2)
        value = in.varint();
      else if (explicitly)
        in.skip();
    }
    CHECK(in.ok());
    CHECK(fields == 6);
    CHECK(value == 7);
  }
  CHECK(well_formed(wire));
  CHECK(well_formed({}));
}

TEST_CASE("malformed input is an error that sticks") {
  for (const char* text : {
           "08",                       // number is missing
           "0880",                     // number is cut off
           "08ffffffffffffffffff02",   // number of 65 bits
           "0a",                       // length is missing
           "0a0161620a",               // key of the next field only
           "0a0261",                   // bytes are cut off
           "0affffffffffffffffff0161", // length of 2^64 - 1
           "0901020304050607",         // fixed64 is cut off
           "0d010203",                 // fixed32 is cut off
           "80",                       // key is cut off
           "00",                       // field 0
           "0001",                     // field 0 with a value
           "808080801000",             // field above 2^29 - 1
           "0e00",                     // reserved type 6
           "0f00",                     // reserved type 7
           "0c",                       // end of no group
           "0b",                       // group without end
           "0b08",                     // number in a group is missing
           "0b0b0c",                   // inner group only has an end
           "0b000c",                   // field 0 in a group
           "0b0e0c",                   // reserved type in a group
       }) {
    CAPTURE(text);
    auto wire = from_hex(std::string_view{text});
    CHECK_FALSE(well_formed(wire));
    wire_reader in{wire};
    while (in.next())
      in.skip();
    CHECK_FALSE(in.ok());
    CHECK_FALSE(in.next());
    CHECK(in.varint() == 0);
    CHECK(in.view().empty());
  }
}

TEST_CASE("the end of a group is never a field") {
  auto wire = from_hex("0c"sv);
  wire_reader in{wire};
  CHECK_FALSE(in.next());
  CHECK_FALSE(in.ok());
}

TEST_CASE("a field of another type is an error") {
  auto number = from_hex("0801"sv);
  wire_reader as_bytes{number};
  CHECK(as_bytes.next());
  CHECK(as_bytes.view().empty());
  CHECK_FALSE(as_bytes.ok());
  auto text = from_hex("0a0161"sv);
  wire_reader as_number{text};
  CHECK(as_number.next());
  CHECK(as_number.varint() == 0);
  CHECK_FALSE(as_number.ok());
}

TEST_CASE("a value can be read once") {
  auto wire = from_hex("08011002"sv);
  wire_reader in{wire};
  CHECK(in.next());
  CHECK(in.varint() == 1);
  CHECK(in.varint() == 0);
  CHECK_FALSE(in.ok());
}

TEST_CASE("groups nest up to the limit") {
  auto nested = [](size_t depth) {
    bytes wire(depth, std::byte{0x0b});
    wire.insert(wire.end(), depth, std::byte{0x0c});
    return wire;
  };
  CHECK(well_formed(nested(wire_reader::max_group_depth)));
  CHECK_FALSE(well_formed(nested(wire_reader::max_group_depth + 1)));
  CHECK_FALSE(well_formed(nested(1'000'000)));
}

TEST_CASE("noise is read to an end within its bounds") {
  std::mt19937 draw{7};
  for (int round = 0; round < 20'000; ++round) {
    bytes wire(draw() % 40);
    for (auto& value : wire)
      value = static_cast<std::byte>(draw() % 3 == 0 ? draw() : draw() % 32);
    wire_reader in{wire};
    size_t fields = 0;
    while (in.next()) {
      ++fields;
      if (in.type() == wire_type::length_delimited && draw() % 2 == 0)
        CHECK(in.view().size() <= wire.size());
    }
    CHECK(fields <= wire.size());
  }
}
