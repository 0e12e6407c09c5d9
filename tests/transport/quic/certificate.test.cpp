// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "certificate_vectors.hpp"
#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/quic/certificate_check.hpp"
#include "troupe/transport/quic/certificate_parts.hpp"
#include "troupe/transport/quic/der_writer.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/node_certificate.hpp"
#include "troupe/transport/quic/p256_key.hpp"
#include "troupe/transport/quic/peer_id.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// 2027-01-01, when all the certificates of others are valid.
const auto then = at_second(1'798'761'600);

result<certified_node> check(byte_view certificate, wall_time now = then) {
  const std::array presented = {certificate};
  return check_certificates(presented, now);
}

node_key key(int value) {
  std::array<std::byte, 32> seed;
  seed.fill(static_cast<std::byte>(value));
  return node_key::from_seed(seed);
}

/// Draws what a test says.
struct fixed_entropy final : entropy {
  explicit fixed_entropy(std::vector<std::byte> first)
    : draws(std::move(first)) {}

  void fill(byte_span out) override {
    const auto value = draws.empty() ? std::byte{0x5a} : draws.front();
    if (!draws.empty())
      draws.erase(draws.begin());
    std::ranges::fill(out, value);
  }

  std::vector<std::byte> draws;
};

} // namespace

// -- others' ------------------------------------------------------------------

TEST_CASE("the certificates of libp2p's specification are what it says") {
  for (const auto& vector : known_certificates) {
    CAPTURE(vector.name);
    const auto certificate = from_hex(vector.hex);
    auto parts = split_certificate(certificate);
    REQUIRE(parts);
    if (!vector.peer_id.empty())
      CHECK(to_string(peer_id::of(parts->node_key)) == vector.peer_id);
    auto checked = check(certificate);
    if (!vector.peer_id.starts_with("12D3")) {
      CHECK(checked.code() == errc::unsupported_key_type);
      continue;
    }
    REQUIRE(checked);
    CHECK(to_string(peer_id::of(checked->key)) == vector.peer_id);
    CHECK(checked->id == node_id::of(checked->key));
  }
}

TEST_CASE("each certificate that go-libp2p makes is taken or refused for its "
          "reason") {
  const auto& vectors = load_vectors("lp2p");
  const auto now = at_second(vectors.at("now").get<int64_t>());
  for (const auto& vector : vectors.at("certificates")) {
    CAPTURE(vector.at("name").get<std::string>());
    auto checked = check(from_hex(vector.at("certificate")), now);
    CHECK(to_string(checked.code()) == vector.at("code"));
    if (!checked) {
      CHECK_FALSE(checked.error().context.empty());
      continue;
    }
    CHECK(to_string(checked->id) == vector.at("node_id"));
    CHECK(to_string(peer_id::of(checked->key)) == vector.at("peer_id"));
  }
}

TEST_CASE("there is exactly one certificate") {
  const auto certificate = from_hex(known_certificates[0].hex);
  const byte_view one{certificate};
  const std::vector<byte_view> two = {one, one};
  CHECK(check_certificates({}, then).code() == errc::malformed_handshake);
  CHECK(check_certificates(two, then).code() == errc::malformed_handshake);
}

TEST_CASE("no byte of a certificate can be changed, cut off or added") {
  const auto certificate = from_hex(known_certificates.back().hex);
  REQUIRE(check(certificate));
  for (size_t at = 0; at < certificate.size(); ++at) {
    CAPTURE(at);
    auto changed = certificate;
    changed[at] ^= std::byte{0x01};
    CHECK_FALSE(check(changed).has_value());
    CHECK_FALSE(check(byte_view{certificate}.first(at)).has_value());
  }
  auto longer = certificate;
  longer.push_back(std::byte{0});
  CHECK_FALSE(check(longer).has_value());
  CHECK_FALSE(
      check(bytes(max_certificate_size + 1, std::byte{0x30})).has_value());
}

// -- ours ---------------------------------------------------------------------

TEST_CASE("a certificate of ours is valid and says who we are") {
  testing::sim_random random{1};
  for (int value = 1; value < 20; ++value) {
    const auto node = key(value);
    const auto made = make_certificate(node, random, then);
    CHECK(made.certificate.size() <= 440);
    auto checked = check(made.certificate);
    REQUIRE(checked);
    CHECK(checked->key == node.public_key());
    CHECK(checked->id == node.id());
  }
}

TEST_CASE("a certificate of ours is valid from an hour ago, for a hundred "
          "years") {
  testing::sim_random random{2};
  const auto made = make_certificate(key(7), random, then).certificate;
  CHECK(check(made, then - 1h));
  CHECK(check(made, then - 1h - 1s).code() == errc::malformed_handshake);
  const auto end = then - 1h + std::chrono::hours{24} * 36'500;
  CHECK(check(made, end));
  CHECK(check(made, end + 1s).code() == errc::malformed_handshake);
}

TEST_CASE("each certificate has a key of its own, and what is drawn decides "
          "about all of it") {
  testing::sim_random random{3};
  testing::sim_random again{3};
  const auto first = make_certificate(key(7), random, then);
  const auto second = make_certificate(key(7), random, then);
  const auto same = make_certificate(key(7), again, then);
  CHECK(first.certificate != second.certificate);
  CHECK(first.certificate == same.certificate);
  CHECK(std::ranges::equal(first.private_key.span(), same.private_key.span()));
  CHECK_FALSE(
      std::ranges::equal(first.private_key.span(), second.private_key.span()));
}

TEST_CASE("the private key comes with the certificate's public key") {
  testing::sim_random random{4};
  const auto made = make_certificate(key(7), random, then);
  const auto parts = split_certificate(made.certificate);
  REQUIRE(parts);
  const auto pair = made.private_key.span();
  CHECK(to_hex(pair.first(3)) == "308187");
  CHECK(std::ranges::equal(pair.last(65), p256_public_key(parts->key_info)));
}

TEST_CASE("a node signs the key of its own certificate only") {
  testing::sim_random random{5};
  const auto one = make_certificate(key(7), random, then).certificate;
  const auto other = make_certificate(key(7), random, then).certificate;
  auto from = split_certificate(other);
  auto into = split_certificate(one);
  REQUIRE((from && into));
  auto forged = one;
  std::ranges::copy(from->node_signature,
                    forged.begin()
                        + (into->node_signature.data() - one.data()));
  CHECK(check(forged).code() == errc::invalid_signature);
}

// -- keys ---------------------------------------------------------------------

TEST_CASE("a private key is drawn again if it is none") {
  fixed_entropy source{{std::byte{0x00}, std::byte{0xff}, std::byte{0x5a}}};
  const auto drawn = p256_key::generate(source);
  CHECK(source.draws.empty());
  fixed_entropy plain{{std::byte{0x5a}}};
  CHECK(drawn.key_info() == p256_key::generate(plain).key_info());
}

TEST_CASE("signatures are those of RFC 6979") {
  // A.2.5: P-256 with SHA-256, the message "sample".
  const auto secret = from_hex(std::string_view{
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"});
  struct source : entropy {
    explicit source(byte_view x) : what(x) {}
    void fill(byte_span out) override {
      std::ranges::copy(what, out.begin());
    }
    byte_view what;
  } drawn{secret};
  const auto pair = p256_key::generate(drawn);
  CHECK(to_hex(pair.key_info()).substr(54)
        == "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
           "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  const auto message = std::as_bytes(std::span{"sample", 6});
  const auto signature = pair.sign(message);
  CHECK(to_hex(signature)
        == "3046022100"
           "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
           "022100"
           "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  const auto point = p256_public_key(pair.key_info());
  CHECK(verify_p256(point, message, signature));
  CHECK_FALSE(verify_p256(point, message.first(5), signature));
}

TEST_CASE("malformed signatures and points are refused") {
  testing::sim_random random{6};
  const auto pair = p256_key::generate(random);
  const auto message = std::as_bytes(std::span{"sample", 6});
  const auto good = pair.sign(message);
  const auto point = p256_public_key(pair.key_info());
  REQUIRE(verify_p256(point, message, good));
  const bytes zero = {std::byte{0}};
  const bytes one = {std::byte{1}};
  const bytes many(33, std::byte{0x7f});
  for (const auto& bad :
       {bytes{}, der_element(der_tag::sequence, {}),
        der_element(der_tag::sequence, {der_integer(one)}),
        der_element(der_tag::sequence, {der_integer(zero), der_integer(zero)}),
        der_element(der_tag::sequence, {der_integer(one), der_integer(many)}),
        der_element(der_tag::sequence,
                    {der_integer(one), der_integer(one), der_integer(one)}),
        // A zero too much, and a negative number.
        from_hex(std::string_view{"30070202000102010f"}),
        from_hex(std::string_view{"300602018102010f"})})
    CHECK_FALSE(verify_p256(point, message, bad));
  bytes elsewhere{point.begin(), point.end()};
  elsewhere.back() ^= std::byte{1};
  CHECK_FALSE(verify_p256(elsewhere, message, good));
  CHECK_FALSE(verify_p256(point.first(64), message, good));
  CHECK_FALSE(verify_p256({}, message, good));
}
