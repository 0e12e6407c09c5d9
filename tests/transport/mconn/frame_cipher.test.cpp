// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/frame_cipher.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "frames.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr uint64_t last_counter = 18'446'744'073'709'551'614u; // 2^64 - 2

const std::array<std::byte, 32> key{std::byte{1}, std::byte{2}};

/// Runs a check with each library that this processor can run.
template <class Check>
void with_each_engine(Check check) {
  size_t tried = 0;
  for (const auto& kind : frame_engine_kinds()) {
    const std::string name{kind.library};
    CAPTURE(name);
    if (kind.runs()) {
      check(kind);
      ++tried;
    } else {
      MESSAGE("this processor cannot run ", name, ", which is not tested");
    }
  }
  CHECK(tried > 0);
}

} // namespace

TEST_CASE("what is used runs, and is one of those that are tested") {
  const auto& used = best_frame_engine();
  CHECK(used.runs());
  CHECK(used.library == frame_cipher::library());
  CHECK(std::ranges::count(frame_engine_kinds(), used.library,
                           &frame_engine_kind::library)
        == 1);
  for (const auto& kind : frame_engine_kinds())
    if (!kind.excels())
      MESSAGE(kind.library, " is not known to be faster on this processor");
}

TEST_CASE("sealing gives the frames that other nodes compute") {
  with_each_engine([](const frame_engine_kind& by) {
    auto vectors = load_vectors("frames");
    for (auto& row : vectors["accept"]) {
      CAPTURE(row["counter"]);
      auto uut = cipher_for(vectors, row, by);
      auto chunk = from_hex(row["chunk"]);
      auto frame = plain_frame(chunk, chunk.size(),
                               static_cast<std::byte>(row["pad_byte"]));
      CHECK(uut.seal(frame) == errc::none);
      CHECK(to_hex(frame) == row["sealed"]);
    }
  });
}

TEST_CASE("opening gives back what was sealed, padding included") {
  with_each_engine([](const frame_engine_kind& by) {
    auto vectors = load_vectors("frames");
    for (auto& row : vectors["accept"]) {
      CAPTURE(row["counter"]);
      auto uut = cipher_for(vectors, row, by);
      auto chunk = from_hex(row["chunk"]);
      auto expected = plain_frame(chunk, chunk.size(),
                                  static_cast<std::byte>(row["pad_byte"]));
      auto frame = from_hex(row["sealed"]);
      CHECK(uut.open(frame) == errc::none);
      CHECK(to_hex(byte_view{frame}.first(frame_plain_size))
            == to_hex(byte_view{expected}.first(frame_plain_size)));
    }
  });
}

TEST_CASE("forged frames do not open, lying ones do") {
  with_each_engine([](const frame_engine_kind& by) {
    auto vectors = load_vectors("frames");
    CHECK(vectors["reject"].size() == 5);
    for (auto& row : vectors["reject"]) {
      auto why = row["why"].get<std::string>();
      CAPTURE(why);
      auto uut = cipher_for(vectors, row, by);
      auto frame = from_hex(row["sealed"]);
      // A wrong length is authentic; `frame_reader` refuses it.
      auto lies = why.find("length prefix") != std::string::npos;
      CHECK(uut.open(frame) == (lies ? errc::none : errc::undecryptable_frame));
    }
  });
}

TEST_CASE("the key stream is that of RFC 8439") {
  with_each_engine([](const frame_engine_kind& by) {
    auto vectors = load_vectors("rfc_kats");
    size_t hits = 0;
    for (auto& row : vectors["aead_chacha20_poly1305"]) {
      CAPTURE(row["name"]);
      auto nonce = from_hex(row["nonce"]);
      // The protocol's nonces start with four zeros, as one of the samples
      // does.
      if (!std::ranges::all_of(byte_view{nonce}.first(4),
                               [](std::byte b) { return b == std::byte{0}; }))
        continue;
      ++hits;
      uint64_t counter = 0;
      for (size_t i = 0; i < 8; ++i)
        counter |= std::to_integer<uint64_t>(nonce[4 + i]) << (8 * i);
      frame_cipher uut{key_from_hex(row["key"]), counter, by};
      bytes frame(frame_sealed_size);
      auto plaintext = from_hex(row["plaintext"]);
      std::ranges::copy(plaintext, frame.begin());
      CHECK(uut.seal(frame) == errc::none);
      CHECK(to_hex(byte_view{frame}.first(plaintext.size()))
            == row["ciphertext"]);
    }
    CHECK(hits == 1);
  });
}

namespace {

/// Two frames that one cipher sealed, and a cipher that opens them.
struct sealed_pair {
  explicit sealed_pair(const frame_engine_kind& by) : uut{key, 0, by} {
    frame_cipher sealer{key, 0, by};
    REQUIRE(sealer.seal(first) == errc::none);
    REQUIRE(sealer.seal(second) == errc::none);
    CHECK(sealer.counter() == 2);
  }

  bytes first = plain_frame(pattern(3));
  bytes second = plain_frame(pattern(1024));
  frame_cipher uut;
};

} // namespace

TEST_CASE("frames open in the order in which they were sealed") {
  with_each_engine([](const frame_engine_kind& by) {
    sealed_pair frames{by};
    CHECK(frames.uut.open(frames.first) == errc::none);
    CHECK(frames.uut.open(frames.second) == errc::none);
    CHECK(frames.uut.counter() == 2);
  });
}

TEST_CASE("a frame does not open before those that were sealed before it") {
  with_each_engine([](const frame_engine_kind& by) {
    sealed_pair frames{by};
    CHECK(frames.uut.open(frames.second) == errc::undecryptable_frame);
  });
}

TEST_CASE("a frame opens once") {
  with_each_engine([](const frame_engine_kind& by) {
    sealed_pair frames{by};
    auto copy = frames.first;
    CHECK(frames.uut.open(frames.first) == errc::none);
    CHECK(frames.uut.open(copy) == errc::undecryptable_frame);
  });
}

TEST_CASE("a frame does not open with another key") {
  with_each_engine([](const frame_engine_kind& by) {
    sealed_pair frames{by};
    auto other = key;
    other[31] = std::byte{1};
    frame_cipher stranger{other, 0, by};
    CHECK(stranger.open(frames.first) == errc::undecryptable_frame);
  });
}

TEST_CASE("a flipped bit anywhere is found, and no plaintext shows") {
  with_each_engine([](const frame_engine_kind& by) {
    frame_cipher sealer{key, 0, by};
    auto plain = plain_frame(pattern(1024));
    auto sealed = plain;
    REQUIRE(sealer.seal(sealed) == errc::none);
    for (size_t at = 0; at < sealed.size(); ++at) {
      CAPTURE(at);
      auto frame = sealed;
      frame[at] ^= std::byte{1} << (at % 8);
      frame_cipher uut{key, 0, by};
      CHECK(uut.open(frame) == errc::undecryptable_frame);
      CHECK(uut.counter() == 0);
      size_t same = 0;
      for (size_t i = 0; i < frame_plain_size; ++i)
        same += frame[i] == plain[i] ? 1 : 0;
      CHECK(same < 40);
    }
  });
}

TEST_CASE("the counter never wraps when sealing") {
  with_each_engine([](const frame_engine_kind& by) {
    const auto plain = plain_frame(pattern(10));
    frame_cipher uut{key, last_counter, by};
    auto frame = plain;
    CHECK(uut.seal(frame) == errc::none);
    auto next = plain;
    CHECK(uut.seal(next) == errc::nonce_exhausted);
    CHECK(next == plain);
    CHECK(uut.seal(next) == errc::nonce_exhausted);
  });
}

TEST_CASE("the counter never wraps when opening") {
  with_each_engine([](const frame_engine_kind& by) {
    frame_cipher sealer{key, last_counter, by};
    auto frame = plain_frame(pattern(10));
    REQUIRE(sealer.seal(frame) == errc::none);
    frame_cipher uut{key, last_counter, by};
    auto copy = frame;
    CHECK(uut.open(frame) == errc::none);
    CHECK(uut.open(copy) == errc::nonce_exhausted);
  });
}

TEST_CASE("a cipher goes on where it was when it moves") {
  frame_cipher reference{key};
  frame_cipher first{key};
  auto a = plain_frame(pattern(10));
  auto b = a;
  REQUIRE(reference.seal(a) == errc::none);
  REQUIRE(first.seal(b) == errc::none);
  auto second = std::move(first);
  CHECK(second.counter() == 1);
  a = plain_frame(pattern(20));
  b = a;
  REQUIRE(reference.seal(a) == errc::none);
  REQUIRE(second.seal(b) == errc::none);
  CHECK(a == b);
}
