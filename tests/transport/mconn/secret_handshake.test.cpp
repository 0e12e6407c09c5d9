// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/secret_handshake.hpp"

#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "handshakes.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Everything that one side of a recorded handshake sends.
bytes recorded_stream(const nlohmann::json& side) {
  auto result = from_hex(side["ephemeral_message"]);
  for (auto& frame : side["sealed_frames"])
    extend(result, from_hex(frame["sealed"]));
  return result;
}

/// What one side says after the handshake, before it is cut into frames.
bytes recorded_plaintext(const nlohmann::json& side) {
  bytes result;
  for (size_t i = 1; i < side["plaintext_writes"].size(); ++i)
    extend(result, from_hex(side["plaintext_writes"][i]["data"]));
  return result;
}

/// Writes what `side` writes after the handshake and expects its frames.
void check_writer(secret_handshake& uut, const nlohmann::json& side) {
  auto writer = uut.take_writer();
  size_t frame = 1;
  for (size_t i = 1; i < side["plaintext_writes"].size(); ++i) {
    auto data = from_hex(side["plaintext_writes"][i]["data"]);
    bytes out(frame_writer::sealed_size(data.size()));
    size_t size = 0;
    writer.begin(out);
    writer.append(data);
    CHECK(writer.finish(size) == errc::none);
    for (size_t at = 0; at < size; at += frame_sealed_size, ++frame)
      CHECK(to_hex(byte_view{out}.subspan(at, frame_sealed_size))
            == side["sealed_frames"][frame]["sealed"]);
  }
  CHECK(frame == side["sealed_frames"].size());
}

/// Plays one side of a recorded handshake against the recorded other one.
void replay(const nlohmann::json& local, const nlohmann::json& remote,
            const std::vector<size_t>& pieces) {
  auto identity = identity_from_hex(local["identity_seed"]);
  secret_handshake uut{identity, key_from_hex(local["ephemeral_private_key"])};
  CHECK(to_hex(uut.start()) == local["ephemeral_message"]);
  auto input = recorded_stream(remote);
  size_t taken = 0;
  auto said = feed(uut, input, pieces, taken);
  CHECK(said.code == errc::none);
  CHECK(to_hex(said.output) == local["sealed_frames"][0]["sealed"]);
  REQUIRE(uut.done());
  CHECK(to_hex(uut.remote_key()) == remote["identity_public_key"]);
  CHECK(to_hex(read_stream(uut, byte_view{input}.subspan(taken)))
        == to_hex(recorded_plaintext(remote)));
  check_writer(uut, local);
}

/// The code for each case of handshake_negative.json. `none` where the stream
/// just ends: that is for whoever owns the connection to notice.
const std::map<std::string, errc> refusals = {
    {"ephemeral message empty", errc::low_order_point},
    {"ephemeral message too long", errc::oversized_handshake},
    {"ephemeral message wrong wire type", errc::malformed_handshake},
    {"ephemeral message missing", errc::none},
    {"ephemeral message truncated", errc::none},
    {"ephemeral key is a low-order point", errc::low_order_point},
    {"auth missing (no frame)", errc::none},
    {"secp256k1 key of valid length", errc::unsupported_key_type},
    {"secp256k1 key of bad length", errc::malformed_handshake},
    {"public key oneof member 3", errc::unsupported_key_type},
    {"public key absent", errc::malformed_handshake},
    {"ed25519 key of 31 bytes", errc::malformed_handshake},
    {"ed25519 key of 33 bytes", errc::malformed_handshake},
    {"signature absent", errc::invalid_signature},
    {"signature 63 bytes", errc::invalid_signature},
    {"signature 65 bytes", errc::invalid_signature},
    {"signature over other bytes", errc::invalid_signature},
    {"signature by another key", errc::invalid_signature},
    {"signature with S + L", errc::invalid_signature},
    {"auth message too long", errc::oversized_handshake},
    {"auth frame sealed with counter 1", errc::undecryptable_frame},
    {"auth frame sealed with the wrong direction key",
     errc::undecryptable_frame},
    {"auth sent in clear", errc::undecryptable_frame},
    {"auth frame with chunk length 1025", errc::oversized_frame},
    {"reflection: our own ephemeral message and our own auth frame sent back",
     errc::reflected_key},
};

} // namespace

// -- recorded handshakes ------------------------------------------------------

TEST_CASE("both sides of recorded handshakes say what was recorded, wherever "
          "the network cuts it") {
  auto vectors = load_vectors("secret_connection_handshake");
  CHECK(vectors["cases"].size() == 8);
  for (auto& row : vectors["cases"]) {
    CAPTURE(row["name"]);
    for (auto sides : {std::pair{"a", "b"}, std::pair{"b", "a"}}) {
      CAPTURE(sides.first);
      auto size = recorded_stream(row[sides.second]).size();
      for (auto& pieces : ways_to_cut(size, 8)) {
        CAPTURE(pieces.size());
        replay(row[sides.first], row[sides.second], pieces);
      }
    }
  }
}

TEST_CASE_FIXTURE(scripted_remote,
                  "what the reference accepts and refuses, we do") {
  CHECK(vectors["cases"].size() == 36);
  size_t refused = 0;
  for (auto& row : vectors["cases"]) {
    auto name = row["name"].get<std::string>();
    CAPTURE(name);
    auto input = from_hex(row["input"]);
    for (auto& pieces : ways_to_cut(input.size(), 4)) {
      CAPTURE(pieces.size());
      secret_handshake each{
          identity, key_from_hex(vectors["local_ephemeral_private_key"])};
      size_t taken = 0;
      auto said = feed(each, input, pieces, taken);
      if (row["expect"] == "accept") {
        CHECK(said.code == errc::none);
        REQUIRE(each.done());
        CHECK(to_hex(each.remote_key())
              == vectors["remote_identity_public_key_when_accepted"]);
        CHECK(to_hex(read_stream(each, byte_view{input}.subspan(taken)))
              == row.value("then_readable", ""));
      } else {
        CHECK_FALSE(each.done());
        REQUIRE(refusals.contains(name));
        CHECK(to_string(said.code) == to_string(refusals.at(name)));
      }
    }
    refused += row["expect"] == "reject" ? 1 : 0;
  }
  CHECK(refused == refusals.size());
}

TEST_CASE_FIXTURE(scripted_remote,
                  "every encoding of a low-order point is refused") {
  for (auto& row : load_vectors("x25519_low_order")["reject"]) {
    CAPTURE(row["note"]);
    bytes message{std::byte{34}, std::byte{0x0a}, std::byte{32}};
    extend(message, from_hex(row["public_key"]));
    secret_handshake each{identity, from_byte(3)};
    auto said = feed(each, message);
    CHECK(said.code == errc::low_order_point);
    CHECK(said.output.empty());
  }
}

// -- two of us ----------------------------------------------------------------

TEST_CASE("two handshakes agree, and their streams fit together") {
  auto key_a = node_key::from_seed(scripted_remote::from_byte(1));
  auto key_b = node_key::from_seed(scripted_remote::from_byte(2));
  for (uint8_t round = 0; round < 8; ++round) {
    CAPTURE(round);
    secret_handshake a{key_a, scripted_remote::from_byte(round)};
    secret_handshake b{key_b, scripted_remote::from_byte(100 + round)};
    auto said_by_a = feed(a, b.start());
    auto said_by_b = feed(b, a.start());
    CHECK(feed(a, said_by_b.output).output.empty());
    CHECK(feed(b, said_by_a.output).output.empty());
    REQUIRE(a.done());
    REQUIRE(b.done());
    CHECK(a.remote_key() == key_b.public_key());
    CHECK(b.remote_key() == key_a.public_key());
    auto writer = a.take_writer();
    auto payload = pattern(5000);
    bytes wire(frame_writer::sealed_size(payload.size()));
    size_t size = 0;
    writer.begin(wire);
    writer.append(payload);
    REQUIRE(writer.finish(size) == errc::none);
    CHECK(read_stream(b, wire) == payload);
  }
}

TEST_CASE_FIXTURE(scripted_remote,
                  "every start of a valid stream is neither done nor "
                  "refused") {
  auto stream = stream_with(valid_auth_body());
  secret_handshake each{identity,
                        key_from_hex(vectors["local_ephemeral_private_key"])};
  bytes output;
  for (auto& value : stream) {
    REQUIRE_FALSE(each.done());
    REQUIRE(each.consume({}, output) == errc::none);
    REQUIRE(each.consume(byte_span{&value, 1}, output) == errc::none);
  }
  CHECK(each.done());
  CHECK(output.size() == frame_sealed_size);
}

TEST_CASE_FIXTURE(scripted_remote,
                  "frames that come along with the last message are "
                  "decrypted, and a started one goes on") {
  auto stream = stream_with(valid_auth_body());
  auto payload = pattern(3000);
  extend(stream, sealed(payload));
  auto end = stream.size() - 500;
  REQUIRE(feed(uut, byte_view{stream}.first(end)).code == errc::none);
  REQUIRE(uut.done());
  CHECK(read_stream(uut, byte_view{stream}.subspan(end)) == payload);
}

TEST_CASE_FIXTURE(scripted_remote,
                  "a forged frame behind the last message is final") {
  auto stream = stream_with(valid_auth_body());
  extend(stream, byte_view{stream}.last(frame_sealed_size));
  CHECK(feed(uut, stream).code == errc::undecryptable_frame);
  CHECK_FALSE(uut.done());
}

TEST_CASE_FIXTURE(scripted_remote, "once it is done it takes no more input") {
  REQUIRE(answer_to(valid_auth_body()) == errc::none);
  REQUIRE(uut.done());
  bytes output;
  CHECK(uut.consume({}, output) == errc::invalid_state);
  CHECK(uut.done());
}

TEST_CASE_FIXTURE(scripted_remote, "the first error stays") {
  bytes output;
  auto wrong = from_hex(std::string_view{"020805"});
  CHECK(uut.consume(wrong, output) == errc::malformed_handshake);
  auto stream = stream_with(valid_auth_body());
  CHECK(uut.consume(stream, output) == errc::malformed_handshake);
  CHECK_FALSE(uut.done());
  CHECK(output.empty());
}

TEST_CASE_FIXTURE(scripted_remote,
                  "a flipped bit anywhere in the frame is found") {
  auto stream = stream_with(valid_auth_body());
  for (size_t at = hello().size(); at < stream.size(); at += 13) {
    CAPTURE(at);
    secret_handshake each{identity,
                          key_from_hex(vectors["local_ephemeral_private_key"])};
    auto copy = stream;
    copy[at] ^= std::byte{1} << (at % 8);
    CHECK(feed(each, copy).code == errc::undecryptable_frame);
  }
}

TEST_CASE_FIXTURE(scripted_remote, "our own key sent back is refused at once") {
  auto said = feed(uut, uut.start());
  CHECK(said.code == errc::reflected_key);
  CHECK(said.output.empty());
}
