// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_reader.hpp"

#include <doctest/doctest.h>

#include "frames.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::array<std::byte, 32> key{std::byte{1}, std::byte{2}};

struct frame_reader_fixture {
  frame_cipher sealer{key};
  frame_reader uut{frame_cipher{key}};
  /// What is on its way to the reader.
  bytes wire;
  /// What came out, and the frames that it came in.
  bytes received;
  size_t chunks = 0;

  void seal(bytes frame) {
    REQUIRE(sealer.seal(frame) == errc::none);
    extend(wire, frame);
  }

  void send(byte_view chunk) {
    seal(plain_frame(chunk));
  }

  errc read(byte_span data) {
    return uut.read(data, [this](byte_view chunk) {
      CHECK_FALSE(chunk.empty());
      extend(received, chunk);
      ++chunks;
      return errc::none;
    });
  }
};

} // namespace

TEST_CASE("recorded frames give their chunk, and empty ones are skipped") {
  auto vectors = load_vectors("frames");
  for (auto& row : vectors["accept"]) {
    CAPTURE(row["counter"]);
    frame_reader uut{cipher_for(vectors, row)};
    auto frame = from_hex(row["sealed"]);
    bytes received;
    size_t chunks = 0;
    CHECK(uut.read(frame, [&](byte_view chunk) {
      extend(received, chunk);
      ++chunks;
      return errc::none;
    }) == errc::none);
    CHECK(to_hex(received) == row["chunk"]);
    CHECK(chunks == (received.empty() ? 0 : 1));
  }
}

TEST_CASE("frames that lie about their length or are forged are refused") {
  auto vectors = load_vectors("frames");
  for (auto& row : vectors["reject"]) {
    auto why = row["why"].get<std::string>();
    CAPTURE(why);
    auto lies = why.find("length prefix") != std::string::npos;
    frame_reader uut{cipher_for(vectors, row)};
    auto frame = from_hex(row["sealed"]);
    CHECK(uut.read(frame, [](byte_view) {
      FAIL("a refused frame was delivered");
      return errc::none;
    }) == (lies ? errc::oversized_frame : errc::undecryptable_frame));
  }
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "a stream reads the same wherever it is cut") {
  bytes sent;
  for (size_t size : {1, 1024, 0, 17, 1024, 1024, 0, 0, 500, 1023, 3}) {
    auto chunk = pattern(size, static_cast<unsigned>(wire.size()));
    send(chunk);
    extend(sent, chunk);
  }
  for (auto& pieces : ways_to_cut(wire.size(), 40)) {
    CAPTURE(pieces.size());
    frame_reader fresh{frame_cipher{key}};
    std::swap(uut, fresh);
    received.clear();
    chunks = 0;
    auto data = wire;
    size_t at = 0;
    for (auto size : pieces) {
      REQUIRE(read(byte_span{data}.subspan(at, size)) == errc::none);
      at += size;
      CHECK(uut.pending() == at % frame_sealed_size);
    }
    CHECK(received == sent);
    CHECK(chunks == 8);
  }
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "whole frames are opened where they lie") {
  send(pattern(100));
  send(pattern(1024));
  auto data = byte_span{wire};
  byte_view chunk;
  REQUIRE(uut.next(data, chunk) == errc::none);
  CHECK(chunk.data() == wire.data() + 4);
  CHECK(chunk.size() == 100);
  CHECK(data.size() == frame_sealed_size);
  REQUIRE(uut.next(data, chunk) == errc::none);
  CHECK(chunk.data() == wire.data() + frame_sealed_size + 4);
  CHECK(chunk.size() == 1024);
  REQUIRE(uut.next(data, chunk) == errc::none);
  CHECK(chunk.empty());
  CHECK(data.empty());
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "a longest frame is taken, one byte more refused") {
  auto expected = errc::none;
  SUBCASE("1024") {
    seal(plain_frame(pattern(1024), 1024));
  }
  SUBCASE("1025") {
    seal(plain_frame(pattern(1024), 1025));
    expected = errc::oversized_frame;
  }
  SUBCASE("65536 + 1") {
    seal(plain_frame(pattern(1024), 65537));
    expected = errc::oversized_frame;
  }
  CHECK(read(wire) == expected);
  CHECK(received.size() == (expected == errc::none ? 1024 : 0));
}

TEST_CASE_FIXTURE(frame_reader_fixture, "an error ends the stream for good") {
  send(pattern(10));
  auto expected = errc::undecryptable_frame;
  SUBCASE("a flipped bit") {
    send(pattern(20));
    wire[frame_sealed_size + 700] ^= std::byte{4};
  }
  SUBCASE("a replayed frame") {
    extend(wire, byte_view{bytes{wire}});
  }
  SUBCASE("a length above 1024") {
    seal(plain_frame(pattern(20), 1025));
    expected = errc::oversized_frame;
  }
  send(pattern(30));
  CHECK(read(wire) == expected);
  CHECK(received == pattern(10));
  wire.clear();
  send(pattern(40));
  CHECK(read(wire) == expected);
  CHECK(read({}) == expected);
  CHECK(received == pattern(10));
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "what the consumer refuses ends the stream, too") {
  send(pattern(10));
  send(pattern(20));
  CHECK(uut.read(wire, [](byte_view) { return errc::oversized_packet; })
        == errc::oversized_packet);
  CHECK(read(byte_span{wire}.subspan(frame_sealed_size))
        == errc::oversized_packet);
  CHECK(received.empty());
}

TEST_CASE("a stream ends when the nonces are used up") {
  constexpr uint64_t last_counter = 18'446'744'073'709'551'614u; // 2^64 - 2
  frame_cipher sealer{key, last_counter};
  auto frame = plain_frame(pattern(10));
  REQUIRE(sealer.seal(frame) == errc::none);
  extend(frame, bytes(frame_sealed_size));
  frame_reader uut{frame_cipher{key, last_counter}};
  size_t chunks = 0;
  CHECK(uut.read(frame, [&](byte_view) {
    ++chunks;
    return errc::none;
  }) == errc::nonce_exhausted);
  CHECK(chunks == 1);
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "what came before a frame that does not open is handed over, "
                  "and nothing behind it") {
  for (size_t good = 0; good < 2 * frame_group + 1; ++good) {
    CAPTURE(good);
    frame_reader_fixture world;
    for (size_t i = 0; i < 3 * frame_group; ++i)
      world.send(pattern(100, 0));
    world.wire[good * frame_sealed_size + 500] ^= std::byte{1};
    CHECK(world.read(world.wire) == errc::undecryptable_frame);
    CHECK(world.chunks == good);
    CHECK(world.read(world.wire) == errc::undecryptable_frame);
    CHECK(world.chunks == good);
  }
}

TEST_CASE_FIXTURE(frame_reader_fixture,
                  "whoever wants no more of a stream gets no more, though "
                  "frames were opened ahead") {
  for (size_t i = 0; i < 2 * frame_group; ++i)
    send(pattern(100, 0));
  auto refuse = [this](byte_view) {
    return ++chunks == 3 ? errc::malformed_packet : errc::none;
  };
  CHECK(uut.read(wire, refuse) == errc::malformed_packet);
  CHECK(uut.read(wire, refuse) == errc::malformed_packet);
  CHECK(chunks == 3);
}
