// SPDX-License-Identifier: Apache-2.0
//
// How a handshake reads the messages of a remote that says unusual things.
#include <doctest/doctest.h>

#include "handshakes.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"

using namespace troupe;
using namespace troupe::test;

// -- keys that are nobody's ---------------------------------------------------

TEST_CASE_FIXTURE(scripted_remote, "a key of small order identifies nobody") {
  // The neutral element: R = S * B holds for any message, and so does this.
  auto key = bytes(32);
  key[0] = std::byte{1};
  auto signature = bytes(64);
  signature[0] = std::byte{1};
  CHECK(answer_to(auth_body(key_message(1, key), signature))
        == errc::low_order_point);
  CHECK_FALSE(uut.done());
}

// -- limits -------------------------------------------------------------------

TEST_CASE_FIXTURE(scripted_remote,
                  "a message may not announce more than the limit") {
  auto limit = secret_handshake::max_message_size;
  SUBCASE("in the clear") {
    for (uint64_t length : {uint64_t{limit + 1}, uint64_t{1} << 20,
                            uint64_t{1} << 63, ~uint64_t{0}}) {
      CAPTURE(length);
      secret_handshake each{identity, from_byte(3)};
      bytes prefix;
      append_uvarint(prefix, length);
      CHECK(feed(each, prefix).code == errc::oversized_handshake);
    }
  }
  SUBCASE("in frames") {
    bytes prefix;
    append_uvarint(prefix, limit + 1);
    auto stream = hello();
    extend(stream, sealed(prefix));
    CHECK(feed(uut, stream).code == errc::oversized_handshake);
  }
  SUBCASE("the limit itself is fine") {
    auto body = valid_auth_body();
    auto used = body.size() + 3;
    append_message_field(body, 9, bytes(limit - used));
    REQUIRE(body.size() == limit);
    CHECK(answer_to(body) == errc::none);
    CHECK(uut.done());
  }
  SUBCASE("a length of more than 64 bits is no length") {
    CHECK(feed(uut, bytes(11, std::byte{0xff})).code
          == errc::malformed_handshake);
  }
}

TEST_CASE_FIXTURE(scripted_remote,
                  "empty frames before the last message are skipped") {
  auto stream = hello();
  for (int i = 0; i < 3; ++i) {
    auto frame = plain_frame({});
    REQUIRE(sealer->seal(frame) == errc::none);
    extend(stream, frame);
  }
  bytes message;
  append_delimited(message, valid_auth_body());
  extend(stream, sealed(message));
  CHECK(feed(uut, stream).code == errc::none);
  CHECK(uut.done());
}

// -- how messages are read ----------------------------------------------------

TEST_CASE_FIXTURE(scripted_remote, "the last member of the oneof counts") {
  auto key = bytes{};
  SUBCASE("ed25519 after secp256k1") {
    key = key_message(2, bytes(33));
    extend(key, valid_key_message());
    CHECK(answer_to(auth_body(key, valid_signature())) == errc::none);
  }
  SUBCASE("secp256k1 after ed25519") {
    key = valid_key_message();
    extend(key, key_message(2, bytes(33)));
    CHECK(answer_to(auth_body(key, valid_signature()))
          == errc::unsupported_key_type);
  }
  SUBCASE("another ed25519 key after ed25519") {
    key = valid_key_message();
    extend(key, key_message(1, identity.public_key()));
    CHECK(answer_to(auth_body(key, valid_signature()))
          == errc::invalid_signature);
  }
  SUBCASE("a field that nobody knows beside ed25519") {
    key = valid_key_message();
    append_varint_field(key, 77, 1);
    CHECK(answer_to(auth_body(key, valid_signature())) == errc::none);
  }
}

TEST_CASE_FIXTURE(scripted_remote, "repeated fields merge or replace") {
  SUBCASE("an empty key message leaves the earlier key") {
    auto body = valid_auth_body();
    append_message_field(body, 1, {});
    CHECK(answer_to(body) == errc::none);
  }
  SUBCASE("the last signature counts") {
    auto body = auth_body(valid_key_message(), bytes(64));
    append_bytes_field(body, 2, valid_signature());
    CHECK(answer_to(body) == errc::none);
  }
  SUBCASE("an empty signature replaces a valid one") {
    auto body = valid_auth_body();
    append_message_field(body, 2, {});
    CHECK(answer_to(body) == errc::invalid_signature);
  }
}

TEST_CASE_FIXTURE(scripted_remote,
                  "what is not Protobuf, or of another type, is "
                  "malformed") {
  auto body = valid_auth_body();
  SUBCASE("truncated") {
    body.pop_back();
  }
  SUBCASE("a number for a key") {
    append_varint_field(body, 1, 5);
  }
  SUBCASE("a number for a signature") {
    append_varint_field(body, 2, 5);
  }
  SUBCASE("a number for an ed25519 key") {
    bytes key;
    append_varint_field(key, 1, 5);
    append_message_field(body, 1, key);
  }
  SUBCASE("a number for a secp256k1 key") {
    bytes key;
    append_varint_field(key, 2, 5);
    append_message_field(body, 1, key);
  }
  SUBCASE("a truncated key message") {
    auto key = valid_key_message();
    key.pop_back();
    append_message_field(body, 1, key);
  }
  SUBCASE("an end of a group that never began") {
    body.push_back(std::byte{0x1c});
  }
  SUBCASE("field number 0") {
    extend(body, from_hex(std::string_view{"0000"}));
  }
  SUBCASE("nothing at all") {
    body.clear();
  }
  CHECK(answer_to(body) == errc::malformed_handshake);
  CHECK_FALSE(uut.done());
}

TEST_CASE_FIXTURE(scripted_remote,
                  "a key of a later release is unsupported, however "
                  "long") {
  auto unsupported = [this](uint32_t member, size_t size) {
    CAPTURE(member);
    secret_handshake each{identity,
                          key_from_hex(vectors["local_ephemeral_private_key"])};
    scripted_remote peer;
    auto body = auth_body(key_message(member, bytes(size)), bytes(3309));
    CHECK(feed(each, peer.stream_with(body)).code
          == errc::unsupported_key_type);
  };
  unsupported(3, 96);   // BLS12-381
  unsupported(4, 1952); // ML-DSA-65
  unsupported(5, 33);   // secp256k1, Ethereum's way
}

TEST_CASE_FIXTURE(scripted_remote,
                  "a remote that only sends empty frames is not opened for "
                  "ever") {
  CHECK(feed(uut, hello()).code == errc::none);
  auto code = errc::none;
  uint64_t count = 0;
  while (code == errc::none && count <= 2 * secret_handshake::max_frames) {
    auto frame = plain_frame({});
    REQUIRE(sealer->seal(frame) == errc::none);
    code = feed(uut, frame).code;
    ++count;
  }
  CHECK(code == errc::malformed_handshake);
  CHECK(count == secret_handshake::max_frames + 1);
}
