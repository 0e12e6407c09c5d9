// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "frames.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"

namespace troupe::test {

inline node_key identity_from_hex(const nlohmann::json& seed) {
  return node_key::from_seed(key_from_hex(seed));
}

struct handshake_outcome {
  errc code = errc::none;
  bytes output;
};

/// Feeds `input`, cut into `pieces`, until something goes wrong or the
/// handshake is done. @returns what it said, and sets `taken` to the number of
/// bytes fed.
inline handshake_outcome feed(secret_handshake& uut, byte_view input,
                              const std::vector<size_t>& pieces,
                              size_t& taken) {
  handshake_outcome result;
  taken = 0;
  for (auto size : pieces) {
    bytes piece{input.begin() + static_cast<std::ptrdiff_t>(taken),
                input.begin() + static_cast<std::ptrdiff_t>(taken + size)};
    taken += size;
    result.code = uut.consume(piece, result.output);
    if (result.code != errc::none || uut.done())
      break;
  }
  return result;
}

inline handshake_outcome feed(secret_handshake& uut, byte_view input) {
  size_t taken = 0;
  return feed(uut, input, {input.size()}, taken);
}

/// What the remote says after the handshake: what came along with it, and what
/// the reader makes of the rest.
inline bytes read_stream(secret_handshake& uut, byte_view rest) {
  auto result = uut.take_plaintext();
  auto reader = uut.take_reader();
  bytes data{rest.begin(), rest.end()};
  CHECK(reader.read(data, [&](byte_view chunk) {
    extend(result, chunk);
    return errc::none;
  }) == errc::none);
  CHECK(reader.pending() == 0);
  return result;
}

/// The local side of handshake_negative.json, and a remote that can say
/// anything in sealed frames.
struct scripted_remote {
  nlohmann::json vectors = load_vectors("handshake_negative");
  node_key identity = identity_from_hex(vectors["local_identity_seed"]);
  secret_handshake uut{identity,
                       key_from_hex(vectors["local_ephemeral_private_key"])};

  node_key remote_identity = node_key::from_seed(from_byte(7));
  x25519_key remote{from_byte(9)};
  secret_array<32> challenge;
  std::optional<frame_cipher> sealer;

  scripted_remote() {
    auto local = key_from_hex(vectors["local_ephemeral_public_key"]);
    secret_array<32> shared;
    REQUIRE(remote.agree(local, shared) == errc::none);
    auto order = order_of(remote.public_key(), local);
    challenge = order == key_order::local_first
                    ? derive_challenge(remote.public_key(), local, shared)
                    : derive_challenge(local, remote.public_key(), shared);
    sealer.emplace(derive_frame_keys(shared, order).send.span());
  }

  static std::array<std::byte, 32> from_byte(uint8_t value) {
    std::array<std::byte, 32> result;
    result.fill(std::byte{value});
    return result;
  }

  [[nodiscard]] bytes hello() const {
    bytes body;
    append_bytes_field(body, 1, remote.public_key());
    bytes message;
    append_delimited(message, body);
    return message;
  }

  /// PublicKey with one member.
  static bytes key_message(uint32_t member, byte_view key) {
    bytes result;
    append_message_field(result, member, key);
    return result;
  }

  bytes valid_key_message() {
    return key_message(1, remote_identity.public_key());
  }

  bytes valid_signature() {
    auto signature = remote_identity.sign(challenge.span());
    return {signature.begin(), signature.end()};
  }

  bytes auth_body(byte_view key, byte_view signature) {
    bytes body;
    append_message_field(body, 1, key);
    append_bytes_field(body, 2, signature);
    return body;
  }

  bytes valid_auth_body() {
    return auth_body(valid_key_message(), valid_signature());
  }

  /// Seals `stream` in as many frames as it takes.
  bytes sealed(byte_view stream) {
    bytes result;
    while (!stream.empty()) {
      auto chunk = stream.first(std::min(stream.size(), frame_chunk_max));
      auto frame = plain_frame(chunk);
      REQUIRE(sealer->seal(frame) == errc::none);
      extend(result, frame);
      stream = stream.subspan(chunk.size());
    }
    return result;
  }

  /// All that the remote sends if `body` is its auth message.
  bytes stream_with(byte_view body) {
    bytes message;
    append_delimited(message, body);
    auto stream = hello();
    extend(stream, sealed(message));
    return stream;
  }

  errc answer_to(byte_view body) {
    return feed(uut, stream_with(body)).code;
  }
};

} // namespace troupe::test
