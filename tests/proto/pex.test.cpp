// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "troupe/proto/pex.pb.h"
#include "troupe/tests/vectors.hpp"

using namespace troupe::p2p;
using namespace troupe::test;
using namespace std::string_view_literals;

namespace {

const std::string id_a = "045f5600654182cfeaccfe6cb19f0642e8a59898";
const std::string id_b = "21fe31dfa154a261626bf854046fd2271b7bed4b";

struct address {
  std::string id;
  std::string ip;
  uint32_t port = 0;
};

PexMessage response(std::initializer_list<address> addresses) {
  PexMessage result;
  for (const auto& x : addresses) {
    auto* added = result.mutable_pex_response()->add_addresses();
    added->set_id(x.id);
    added->set_ip(x.ip);
    added->set_port(x.port);
  }
  result.mutable_pex_response();
  return result;
}

PexMessage response_v2(std::initializer_list<std::string> urls) {
  PexMessage result;
  for (const auto& url : urls)
    result.mutable_pex_response_v2()->add_addresses()->set_url(url);
  result.mutable_pex_response_v2();
  return result;
}

PexMessage request() {
  PexMessage result;
  result.mutable_pex_request();
  return result;
}

PexMessage request_v2() {
  PexMessage result;
  result.mutable_pex_request_v2();
  return result;
}

/// What the rows of the vectors describe.
const std::map<std::string, PexMessage> messages{
    {"PexRequest", request()},
    {"PexAddrs with no addresses / PexResponse", response({})},
    {"PexAddrs: one IPv4", response({{id_a, "1.2.3.4", 26656}})},
    {"PexAddrs: IPv4 and IPv6",
     response({{id_a, "1.2.3.4", 26656}, {id_b, "2001:db8::1", 26657}})},
    {"PexAddrs: port 0 (field omitted)", response({{id_a, "1.2.3.4", 0}})},
    {"PexAddrs: invalid IP text", response({{id_a, "host.example", 26656}})},
    {"PexAddrs: port 65536", response({{id_a, "1.2.3.4", 65536}})},
    {"PexRequestV2", request_v2()},
    {"PexResponseV2 with no addresses", response_v2({})},
    {"PexResponseV2: two URLs",
     response_v2({"mconn://" + id_a + "@1.2.3.4:26656", "memory:" + id_b})},
};

std::string to_hex(const std::string& text) {
  return troupe::test::to_hex(std::as_bytes(std::span{text}));
}

bool parse(PexMessage& out, const troupe::bytes& wire) {
  return out.ParseFromArray(wire.data(), static_cast<int>(wire.size()));
}

} // namespace

TEST_CASE("peer exchange has the bytes that the Go implementation writes") {
  auto vectors = load_vectors("pex_messages");
  CHECK(vectors["rows"].size() == messages.size());
  for (const auto& row : vectors["rows"]) {
    std::string name = row["message"];
    CAPTURE(name);
    REQUIRE(messages.count(name) == 1);
    const auto& expected = messages.at(name);
    CHECK(to_hex(expected.SerializeAsString())
          == row["encoding"].get<std::string>());
    PexMessage parsed;
    REQUIRE(parse(parsed, from_hex(row["encoding"])));
    CHECK(parsed.sum_case() == expected.sum_case());
    CHECK(parsed.SerializeAsString() == expected.SerializeAsString());
  }
}

TEST_CASE("an ID that is not UTF-8 does not spoil the other addresses") {
  auto message = response({{"\xff\xfe", "1.2.3.4", 1}, {id_a, "1.2.3.4", 2}});
  auto wire = message.SerializeAsString();
  PexMessage parsed;
  REQUIRE(parsed.ParseFromString(wire));
  CHECK(parsed.pex_response().addresses_size() == 2);
}

TEST_CASE("a member that we do not know leaves the message empty") {
  PexMessage parsed;
  REQUIRE(parse(parsed, from_hex("2a00"sv)));
  CHECK(parsed.sum_case() == PexMessage::SUM_NOT_SET);
}
