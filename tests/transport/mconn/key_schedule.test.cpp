// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/key_schedule.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "../../vectors.hpp"

using namespace troupe;
using troupe::test::from_hex;
using troupe::test::load_vectors;
using troupe::test::to_hex;

namespace {

std::array<std::byte, 32> array_from_hex(const nlohmann::json& text) {
  auto raw = from_hex(text);
  REQUIRE(raw.size() == 32);
  std::array<std::byte, 32> result;
  std::ranges::copy(raw, result.begin());
  return result;
}

secret_array<32> secret_from_hex(const nlohmann::json& text) {
  return secret_array<32>{array_from_hex(text)};
}

x25519_key key_from_hex(const nlohmann::json& text) {
  return x25519_key{array_from_hex(text)};
}

std::string hkdf(const nlohmann::json& ikm, const nlohmann::json& salt,
                 byte_view info, size_t size) {
  bytes out(size);
  hkdf_sha256(from_hex(ikm), from_hex(salt), info, out);
  return to_hex(out);
}

} // namespace

// -- X25519 -------------------------------------------------------------------

TEST_CASE("shared secrets are those of RFC 7748") {
  auto vectors = load_vectors("rfc_kats");
  for (auto& row : vectors["x25519"]) {
    CAPTURE(row["scalar"]);
    secret_array<32> shared;
    auto key = key_from_hex(row["scalar"]);
    CHECK(key.agree(array_from_hex(row["u"]), shared) == errc::none);
    CHECK(to_hex(shared.span()) == row["out"]);
  }
}

TEST_CASE("a thousand agreements on top of each other end as in RFC 7748") {
  auto row = load_vectors("rfc_kats")["x25519_iterated"];
  auto k = secret_from_hex(row["start_k_and_u"]);
  auto u = array_from_hex(row["start_k_and_u"]);
  for (int round = 1; round <= 1000; ++round) {
    secret_array<32> next;
    REQUIRE(x25519_key{k.span()}.agree(u, next) == errc::none);
    std::ranges::copy(k.span(), u.begin());
    k = next;
    if (round == 1)
      CHECK(to_hex(k.span()) == row["after_1"]);
  }
  CHECK(to_hex(k.span()) == row["after_1000"]);
}

TEST_CASE("every encoding of a low-order point is refused") {
  auto vectors = load_vectors("x25519_low_order");
  auto key = key_from_hex(
      vectors["not_low_order_when_bit_255_is_masked"][0]["private_key"]);
  CHECK(vectors["reject"].size() == 14);
  for (auto& row : vectors["reject"]) {
    CAPTURE(row["note"]);
    secret_array<32> shared;
    CHECK(key.agree(array_from_hex(row["public_key"]), shared)
          == errc::low_order_point);
    CHECK(to_hex(shared.span()) == std::string(64, '0'));
  }
}

TEST_CASE("look-alikes of low-order points are accepted") {
  auto vectors = load_vectors("x25519_low_order");
  for (auto& row : vectors["not_low_order_when_bit_255_is_masked"]) {
    CAPTURE(row["public_key"]);
    secret_array<32> shared;
    auto key = key_from_hex(row["private_key"]);
    CHECK(key.agree(array_from_hex(row["public_key"]), shared) == errc::none);
    CHECK(to_hex(shared.span()) == row["shared"]);
  }
}

// -- derived secrets ----------------------------------------------------------

TEST_CASE("HKDF output is that of RFC 5869") {
  auto vectors = load_vectors("rfc_kats");
  for (auto& row : vectors["hkdf_sha256"]) {
    CAPTURE(row["name"]);
    CHECK(hkdf(row["ikm"], row["salt"], from_hex(row["info"]), row["length"])
          == row["okm"]);
  }
}

TEST_CASE("frame keys are those of the reference's golden file") {
  auto vectors = load_vectors("derive_secrets_golden");
  auto info = vectors["hkdf"]["info"].get<std::string>();
  CHECK(vectors["rows"].size() == 32);
  for (auto& row : vectors["rows"]) {
    CAPTURE(row["dh_secret"]);
    auto first = row["local_is_least"].get<bool>();
    auto keys = derive_frame_keys(secret_from_hex(row["dh_secret"]),
                                  first ? key_order::local_first
                                        : key_order::remote_first);
    CHECK(to_hex(keys.recv.span()) == row["recv_key"]);
    CHECK(to_hex(keys.send.span()) == row["send_key"]);
    // What both sides leave unused shows that it is the whole of one output.
    CHECK(hkdf(row["dh_secret"], vectors["hkdf"]["salt"],
               std::as_bytes(std::span{info}), vectors["hkdf"]["length"])
              .substr(128)
          == row["hkdf_third_block"]);
  }
}

TEST_CASE("every intermediate value of recorded handshakes comes out") {
  auto vectors = load_vectors("secret_connection_handshake");
  CHECK(vectors["cases"].size() == 8);
  for (auto& row : vectors["cases"]) {
    CAPTURE(row["name"]);
    auto shared = secret_from_hex(row["dh_secret"]);
    auto challenge = derive_challenge(
        array_from_hex(row["lower_ephemeral_public_key"]),
        array_from_hex(row["upper_ephemeral_public_key"]), shared);
    CHECK(to_hex(challenge.span()) == row["challenge"]);
    for (auto sides : {std::pair{"a", "b"}, std::pair{"b", "a"}}) {
      CAPTURE(sides.first);
      auto& local = row[sides.first];
      auto key = key_from_hex(local["ephemeral_private_key"]);
      auto remote = array_from_hex(row[sides.second]["ephemeral_public_key"]);
      CHECK(to_hex(key.public_key()) == local["ephemeral_public_key"]);
      secret_array<32> agreed;
      CHECK(key.agree(remote, agreed) == errc::none);
      CHECK(to_hex(agreed.span()) == row["dh_secret"]);
      auto order = order_of(key.public_key(), remote);
      CHECK((order == key_order::local_first) == local["is_least"].get<bool>());
      auto keys = derive_frame_keys(agreed, order);
      CHECK(to_hex(keys.recv.span()) == local["recv_key"]);
      CHECK(to_hex(keys.send.span()) == local["send_key"]);
    }
  }
}

TEST_CASE("keys sort as unsigned bytes, the first one most significant") {
  auto from = [](uint8_t first, uint8_t last) {
    x25519_public_key key{std::byte{first}};
    key.back() = std::byte{last};
    return key;
  };
  CHECK(order_of(from(1, 2), from(2, 1)) == key_order::local_first);
  CHECK(order_of(from(0x80, 0), from(0x7f, 0)) == key_order::remote_first);
  CHECK(order_of(from(5, 0x80), from(5, 0x7f)) == key_order::remote_first);
}
