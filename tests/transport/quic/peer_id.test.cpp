// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/peer_id.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "troupe/messages/node_id.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/quic/base58.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

node_key key_of(const nlohmann::json& seed) {
  auto raw = from_hex(seed);
  return node_key::from_seed(byte_view{raw}.first<32>());
}

} // namespace

TEST_CASE("keys and their IDs are those of go-libp2p") {
  for (const auto& vector : load_vectors("lp2p").at("keys")) {
    const auto key = key_of(vector.at("seed"));
    CHECK(to_hex(key.public_key()) == vector.at("public"));
    CHECK(to_hex(encode_libp2p_key(key.public_key())) == vector.at("encoded"));
    const auto id = peer_id::of(key.public_key());
    CHECK(to_hex(id.bytes()) == vector.at("id"));
    CHECK(to_string(id) == vector.at("text"));
    CHECK(id.key() == key.public_key());
    CHECK(to_string(node_id::of(*id.key())) == vector.at("node_id"));
    for (const auto* form : {"text", "cid"}) {
      const auto text = vector.at(form).get<std::string>();
      CHECK(peer_id::parse(text) == id);
      CHECK_FALSE(peer_id::parse(text.substr(0, text.size() - 1)).has_value());
      CHECK_FALSE(peer_id::parse(text + "2").has_value());
      CHECK_FALSE(peer_id::parse(" " + text).has_value());
    }
    CHECK(peer_id::from_bytes(id.bytes()) == id);
  }
}

TEST_CASE("keys of other types have an ID, from which no key follows") {
  for (const auto& vector : load_vectors("lp2p").at("other_keys")) {
    CAPTURE(vector.at("name").get<std::string>());
    const auto encoded = from_hex(vector.at("encoded"));
    const auto id = peer_id::of(byte_view{encoded});
    CHECK(to_hex(id.bytes()) == vector.at("id"));
    CHECK(to_string(id) == vector.at("text"));
    CHECK(peer_id::parse(vector.at("cid").get<std::string>()) == id);
    CHECK_FALSE(id.key().has_value());
    CHECK(decode_libp2p_key(encoded).code() == errc::unsupported_key_type);
  }
}

TEST_CASE("the key pair of libp2p's specification has the ID it says") {
  const auto seed = from_hex(std::string_view{
      "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"});
  const auto key = node_key::from_seed(byte_view{seed}.first<32>());
  CHECK(to_string(peer_id::of(key.public_key()))
        == "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
  CHECK(to_string(key.id()) == "9721e4d91af5f19ca75ecd49f5596d95d6964f0f");
}

TEST_CASE("a key has one encoding") {
  const std::string point(64, 'a');
  auto code = [](const std::string& hex) {
    return decode_libp2p_key(from_hex(std::string_view{hex})).code();
  };
  CHECK(code("08011220" + point) == errc::none);
  CHECK(code("") == errc::malformed_handshake);
  CHECK(code("08011220" + point + "00") == errc::malformed_handshake);
  CHECK(code("08011220" + point.substr(2)) == errc::malformed_handshake);
  CHECK(code("1220" + point + "0801") == errc::malformed_handshake);
  CHECK(code("1220" + point) == errc::malformed_handshake);
  CHECK(code("08041220" + point) == errc::malformed_handshake);
  CHECK(code("0881001220" + point) == errc::malformed_handshake);
  CHECK(code("08021220" + point) == errc::unsupported_key_type);
  CHECK(code(std::string{"08011220"}.append(64, '0')) == errc::low_order_point);
  CHECK(code(std::string{"08001280"}.append(6000, '0'))
        == errc::malformed_handshake);
}

TEST_CASE("an ID is a multihash of one of two kinds") {
  for (auto hex :
       {"", "00", "0001", "000101ff", "1220aa", "1120", "12100000"}) {
    CAPTURE(hex);
    CHECK_FALSE(
        peer_id::from_bytes(from_hex(std::string_view{hex})).has_value());
  }
  bytes longest(peer_id::size_max, std::byte{1});
  longest[0] = std::byte{0};
  longest[1] = std::byte{peer_id::inlined_key_max};
  CHECK(peer_id::from_bytes(longest).has_value());
  longest.push_back(std::byte{1});
  longest[1] = std::byte{peer_id::inlined_key_max + 1};
  CHECK_FALSE(peer_id::from_bytes(longest).has_value());
}

TEST_CASE("texts that are no ID are refused") {
  CHECK_FALSE(peer_id::parse("").has_value());
  CHECK_FALSE(peer_id::parse("b").has_value());
  CHECK_FALSE(peer_id::parse("bafz!").has_value());
  CHECK_FALSE(peer_id::parse("0OIl").has_value());
  CHECK_FALSE(peer_id::parse("1").has_value());
  CHECK_FALSE(peer_id::parse(std::string(1'000'000, 'z')).has_value());
}

TEST_CASE("base58 is its own inverse") {
  for (size_t size = 0; size < 40; ++size)
    for (size_t zeros = 0; zeros <= size; zeros += 3) {
      bytes data(size, std::byte{0xc3});
      std::fill_n(data.begin(), zeros, std::byte{0});
      const auto text = encode_base58(data);
      CHECK(decode_base58(text) == data);
    }
  CHECK(encode_base58(std::as_bytes(std::span{"Hello World!", 12}))
        == "2NEpo7TZRRrLZSi2U");
  CHECK_FALSE(decode_base58(std::string(max_base58_size + 1, '2')).has_value());
}
