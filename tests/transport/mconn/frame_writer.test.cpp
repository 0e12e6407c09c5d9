// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_writer.hpp"

#include <doctest/doctest.h>

#include "frames.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::array<std::byte, 32> key{std::byte{1}, std::byte{2}};

constexpr uint64_t last_counter = 18'446'744'073'709'551'614u; // 2^64 - 2

struct frame_writer_fixture {
  frame_writer uut{frame_cipher{key}};
  frame_cipher opener{key};
  /// Filled with leftovers that must not get out.
  bytes out = bytes(10 * frame_sealed_size, std::byte{0xee});

  size_t finish() {
    size_t size = 1;
    CHECK(uut.finish(size) == errc::none);
    return size;
  }

  /// Opens the next frame of the output and checks that it is exactly the
  /// length, `chunk` and zeros.
  void expect_frame(size_t index, byte_view chunk) {
    auto frame
        = byte_span{out}.subspan(index * frame_sealed_size, frame_sealed_size);
    REQUIRE(opener.open(frame) == errc::none);
    CHECK(to_hex(frame.first(frame_plain_size))
          == to_hex(byte_view{plain_frame(chunk)}.first(frame_plain_size)));
  }
};

} // namespace

TEST_CASE("sizes count whole frames") {
  CHECK(frame_writer::sealed_size(0) == 0);
  CHECK(frame_writer::sealed_size(1) == 1044);
  CHECK(frame_writer::sealed_size(1024) == 1044);
  CHECK(frame_writer::sealed_size(1025) == 2088);
  CHECK(frame_writer::payload_size(1043) == 0);
  CHECK(frame_writer::payload_size(1044) == 1024);
  CHECK(frame_writer::payload_size(2087) == 1024);
}

TEST_CASE_FIXTURE(frame_writer_fixture, "without payload there is no frame") {
  uut.begin(out);
  CHECK(uut.room() == 10 * 1024);
  uut.append({});
  CHECK(finish() == 0);
  CHECK(out == bytes(10 * frame_sealed_size, std::byte{0xee}));
}

TEST_CASE_FIXTURE(frame_writer_fixture,
                  "payload of any length becomes full frames and a "
                  "rest with zeros behind it") {
  size_t written = 0;
  for (size_t size : {1, 103, 1023, 1024, 1025, 2048, 2049, 10 * 1024}) {
    CAPTURE(size);
    auto payload = pattern(size, static_cast<unsigned>(size));
    out.assign(out.size(), std::byte{0xee});
    uut.begin(out);
    uut.append(payload);
    auto sealed = finish();
    REQUIRE(sealed == frame_writer::sealed_size(size));
    byte_view rest = payload;
    for (size_t i = 0; i * frame_sealed_size < sealed; ++i) {
      auto chunk = rest.first(std::min(rest.size(), frame_chunk_max));
      expect_frame(i, chunk);
      rest = rest.subspan(chunk.size());
    }
    CHECK(std::ranges::all_of(byte_view{out}.subspan(sealed), [](std::byte b) {
      return b == std::byte{0xee};
    }));
    written += sealed / frame_sealed_size;
  }
  CHECK(opener.counter() == written);
}

TEST_CASE_FIXTURE(frame_writer_fixture, "many small pieces share frames") {
  auto payload = pattern(3000);
  for (size_t piece : {1, 7, 100, 1000, 1500}) {
    CAPTURE(piece);
    uut.begin(out);
    byte_view rest = payload;
    while (!rest.empty()) {
      auto room = uut.room();
      auto part = rest.first(std::min(rest.size(), piece));
      uut.append(part);
      rest = rest.subspan(part.size());
      CHECK(uut.room() == room - part.size());
    }
    CHECK(finish() == 3 * frame_sealed_size);
    expect_frame(0, byte_view{payload}.first(1024));
    expect_frame(1, byte_view{payload}.subspan(1024, 1024));
    expect_frame(2, byte_view{payload}.subspan(2048));
  }
}

TEST_CASE_FIXTURE(frame_writer_fixture,
                  "the output's rest that is no whole frame stays") {
  uut.begin(byte_span{out}.first(2 * frame_sealed_size + 1043));
  CHECK(uut.room() == 2048);
  uut.append(pattern(2048));
  CHECK(uut.room() == 0);
  CHECK(finish() == 2 * frame_sealed_size);
  CHECK(out[2 * frame_sealed_size] == std::byte{0xee});
  uut.begin(byte_span{out}.first(1043));
  CHECK(uut.room() == 0);
  CHECK(finish() == 0);
}

TEST_CASE("once the nonces are used up, nothing may be sent any more") {
  frame_writer uut{frame_cipher{key, last_counter}};
  bytes out(3 * frame_sealed_size);
  size_t size = 1;
  uut.begin(out);
  SUBCASE("the last frame is fine") {
    uut.append(pattern(1024));
    CHECK(uut.finish(size) == errc::none);
    CHECK(size == frame_sealed_size);
    uut.begin(out);
    uut.append(pattern(1));
  }
  SUBCASE("a frame too many spoils the output") {
    uut.append(pattern(1025));
  }
  CHECK(uut.finish(size) == errc::nonce_exhausted);
  CHECK(size == 0);
  uut.begin(out);
  CHECK(uut.finish(size) == errc::nonce_exhausted);
  CHECK(size == 0);
}
