// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/delimited_reader.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_view_literals;

namespace {

struct delimited_reader_fixture {
  delimited_reader uut{100, errc::oversized_handshake,
                       errc::malformed_handshake};

  /// Feeds all of `input`, `step` bytes at a time.
  errc feed(byte_view input, size_t step = 1000) {
    auto code = errc::none;
    while (!input.empty() && code == errc::none) {
      auto part = input.first(std::min(step, input.size()));
      input = input.subspan(part.size());
      code = uut.consume(part);
      if (uut.complete())
        break;
    }
    return code;
  }
};

} // namespace

TEST_CASE("a message is read wherever the network cuts it") {
  for (size_t size : {0, 1, 99, 100})
    for (size_t step = 1; step <= 102; ++step) {
      CAPTURE(size);
      CAPTURE(step);
      delimited_reader_fixture world;
      bytes wire;
      append_delimited(wire, patterned(size));
      CHECK(world.feed(wire, step) == errc::none);
      REQUIRE(world.uut.complete());
      CHECK(world.uut.take() == patterned(size));
      CHECK_FALSE(world.uut.complete());
    }
}

TEST_CASE_FIXTURE(delimited_reader_fixture,
                  "what follows a message is left alone") {
  bytes wire;
  append_delimited(wire, patterned(10, 1));
  append_delimited(wire, patterned(20, 2));
  byte_view input{wire};
  CHECK(uut.consume(input) == errc::none);
  CHECK(uut.complete());
  CHECK(input.size() == 21);
  // Not even a further call touches it.
  CHECK(uut.consume(input) == errc::none);
  CHECK(input.size() == 21);
  CHECK(uut.take() == patterned(10, 1));
  CHECK(uut.consume(input) == errc::none);
  CHECK(input.empty());
  CHECK(uut.take() == patterned(20, 2));
}

TEST_CASE_FIXTURE(delimited_reader_fixture, "a length need not be minimal") {
  CHECK(feed(from_hex("82000a00"sv)) == errc::none);
  REQUIRE(uut.complete());
  CHECK(to_hex(uut.body()) == "0a00");
}

TEST_CASE_FIXTURE(delimited_reader_fixture,
                  "a body above the limit is refused by its length") {
  auto wire = from_hex("65616263"sv);
  byte_view input{wire};
  CHECK(uut.consume(input) == errc::oversized_handshake);
  // The error sticks and nothing more is eaten.
  CHECK(input.size() == 3);
  CHECK(uut.consume(input) == errc::oversized_handshake);
  CHECK(input.size() == 3);
  CHECK_FALSE(uut.complete());
  uut.reset();
  CHECK(feed(from_hex("0161"sv)) == errc::none);
  CHECK(uut.complete());
}

TEST_CASE_FIXTURE(delimited_reader_fixture,
                  "a length of 2^64 - 1 is too large") {
  CHECK(feed(from_hex("ffffffffffffffffff01"sv)) == errc::oversized_handshake);
}

TEST_CASE_FIXTURE(delimited_reader_fixture,
                  "a length of more than 64 bits is malformed") {
  CHECK(feed(from_hex("ffffffffffffffffff02"sv)) == errc::malformed_handshake);
}

TEST_CASE_FIXTURE(delimited_reader_fixture,
                  "a length of more than 10 bytes is malformed") {
  CHECK(feed(from_hex("8080808080808080808000"sv), 1)
        == errc::malformed_handshake);
}

TEST_CASE("an announced length costs no memory") {
  delimited_reader uut{size_t{1} << 40, errc::oversized_handshake,
                       errc::malformed_handshake};
  auto wire
      = from_hex("808080808001616263"sv); // 2^35 bytes, of which 3 arrive.
  byte_view input{wire};
  CHECK(uut.consume(input) == errc::none);
  CHECK(input.empty());
  CHECK_FALSE(uut.complete());
  CHECK(to_hex(uut.body()) == "616263");
}
