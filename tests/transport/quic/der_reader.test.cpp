// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/der_reader.hpp"

#include <string_view>

#include <doctest/doctest.h>

#include "troupe/tests/vectors.hpp"
#include "troupe/transport/quic/der_writer.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("elements are read one after the other") {
  const auto input = from_hex(std::string_view{"020105"     // INTEGER 5
                                               "0403aabbcc" // OCTET STRING
                                               "3000"});    // SEQUENCE
  der_reader uut{input};
  CHECK(uut.peek() == der_tag::integer);
  CHECK(to_hex(uut.read(der_tag::integer)) == "05");
  uut.skip_if(der_tag::boolean);
  CHECK(to_hex(uut.read_whole(der_tag::octet_string)) == "0403aabbcc");
  CHECK_FALSE(uut.done());
  CHECK(uut.read(der_tag::sequence).empty());
  CHECK(uut.done());
  CHECK(uut.peek() == 0);
}

TEST_CASE("what is written is read, whatever its length") {
  for (size_t size : {0u, 1u, 127u, 128u, 255u, 256u, 65'000u}) {
    CAPTURE(size);
    const bytes content(size, std::byte{7});
    const auto element = der_element(der_tag::octet_string, {content});
    der_reader uut{element};
    CHECK(uut.read(der_tag::octet_string).size() == size);
    CHECK(uut.done());
  }
}

TEST_CASE("integers are as short as they can be, and positive") {
  auto written
      = [](std::string_view hex) { return to_hex(der_integer(from_hex(hex))); };
  CHECK(written("00") == "020100");
  CHECK(written("7f") == "02017f");
  CHECK(written("80") == "02020080");
  CHECK(written("000001") == "020101");
  CHECK(written("00ff01") == "020300ff01");
}

TEST_CASE("what is not distinguished encoding is refused, and stays so") {
  for (auto hex : {
           "",             // nothing
           "04",           // no length
           "0402aa",       // less than its length
           "0480aa0000",   // indefinite length
           "048101aa",     // two bytes for a length of one
           "04820001aa",   // three
           "0481",         // a length that is cut off
           "048500000001", // a length of five bytes
           "0484ffffffff", // far more than there is
           "1f0401aa",     // a tag of two bytes
           "0501aa",       // another tag
       }) {
    CAPTURE(hex);
    const auto input = from_hex(std::string_view{hex});
    der_reader uut{input};
    CHECK(uut.read(der_tag::octet_string).empty());
    CHECK_FALSE(uut.ok());
    CHECK_FALSE(uut.done());
    CHECK(uut.peek() == 0);
    CHECK(uut.read(der_tag::octet_string).empty());
  }
}
