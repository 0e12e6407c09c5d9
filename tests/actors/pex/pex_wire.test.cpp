// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex_wire.hpp"

#include <string>

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using troupe::test::numbered_id;

namespace {

node_address at(uint8_t number, std::string host, uint16_t port = 26656,
                std::string protocol = "mconn") {
  return {.protocol = std::move(protocol),
          .id = numbered_id(number),
          .hostname = std::move(host),
          .port = port};
}

void add(p2p::PexResponse& to, std::string id, std::string ip, uint32_t port) {
  auto* entry = to.add_addresses();
  entry->set_id(std::move(id));
  entry->set_ip(std::move(ip));
  entry->set_port(port);
}

std::string text_of(const std::vector<node_address>& addresses) {
  std::string result;
  for (const auto& address : addresses)
    result += to_string(address) + '\n';
  return result;
}

} // namespace

TEST_CASE("only Tendermint 0.35 and our own nodes are spoken to in URLs") {
  for (auto version : {"0.35.0", "0.35.9", "v0.35.6", "0.35.9-unreleased",
                       "0.35", "troupe-0.1.0", "troupe"}) {
    CAPTURE(version);
    CHECK(pex_dialect_of(version) == pex_dialect::urls);
  }
  for (auto version :
       {"0.34.24", "0.37.1", "0.38.17", "1.0.0", "0.40.0-dev", "", "0.350.1",
        "10.35.1", "1.0.35", "troupes", "vtroupe-1", "0.3"}) {
    CAPTURE(version);
    CHECK(pex_dialect_of(version) == pex_dialect::legacy);
  }
}

TEST_CASE("what is written in either dialect reads back") {
  const std::vector<node_address> addresses{at(1, "1.2.3.4", 5),
                                            at(2, "2001:db8::1", 65535)};
  for (auto how : {pex_dialect::legacy, pex_dialect::urls}) {
    const auto message = make_pex_response(how, addresses);
    const auto read = how == pex_dialect::urls
                          ? read_pex(message.pex_response_v2())
                          : read_pex(message.pex_response());
    REQUIRE(read);
    CHECK(read->addresses == addresses);
    CHECK(read->skipped == 0);
  }
}

TEST_CASE("questions have the bytes that other nodes know") {
  CHECK(make_pex_request(pex_dialect::legacy).SerializeAsString()
        == std::string("\x0a\x00", 2));
  CHECK(make_pex_request(pex_dialect::urls).SerializeAsString()
        == std::string("\x1a\x00", 2));
  CHECK(make_pex_response(pex_dialect::legacy, {}).SerializeAsString()
        == std::string("\x12\x00", 2));
  CHECK(make_pex_response(pex_dialect::urls, {}).SerializeAsString()
        == std::string("\x22\x00", 2));
}

TEST_CASE("the legacy dialect has the text forms that Go reads") {
  const auto message = make_pex_response(
      pex_dialect::legacy, std::vector{at(1, "::ffff:1.2.3.4", 0)});
  REQUIRE(message.pex_response().addresses_size() == 1);
  const auto& entry = message.pex_response().addresses(0);
  CHECK(entry.id() == to_string(numbered_id(1)));
  CHECK(entry.ip() == "1.2.3.4");
  CHECK(entry.port() == 26656);
}

TEST_CASE("the legacy dialect leaves out what it cannot name, unresolved") {
  const std::vector<node_address> addresses{
      at(1, "node.example"),
      {.protocol = "memory", .id = numbered_id(2)},
      at(3, "10.0.0.1", 1, "quic"),
      at(4, "10.0.0.1", 1, "tcp"),
      at(5, "10.0.0.2")};
  const auto legacy = make_pex_response(pex_dialect::legacy, addresses);
  CHECK(legacy.pex_response().addresses_size() == 2);
  const auto urls = make_pex_response(pex_dialect::urls, addresses);
  CHECK(urls.pex_response_v2().addresses_size() == 5);
}

TEST_CASE("we send a hundred addresses at most") {
  std::vector<node_address> addresses;
  for (int i = 0; i < 110; ++i)
    addresses.push_back(at(static_cast<uint8_t>(i + 1), "10.0.0.1"));
  for (auto how : {pex_dialect::legacy, pex_dialect::urls}) {
    const auto message = make_pex_response(how, addresses);
    CHECK(message.pex_response().addresses_size()
              + message.pex_response_v2().addresses_size()
          == 100);
    CHECK(message.ByteSizeLong() <= pex_send_bytes_max);
  }
}

TEST_CASE("long URLs do not make a list larger than others take") {
  auto lengthy = at(1, "10.0.0.1");
  lengthy.path = '/' + std::string(900, 'x');
  std::vector<node_address> addresses(100, lengthy);
  addresses.push_back(at(2, "10.0.0.2"));
  const auto message = make_pex_response(pex_dialect::urls, addresses);
  CHECK(message.ByteSizeLong() <= 25'600);
  CHECK(message.ByteSizeLong() > 24'000);
  // The short one behind them fits.
  const auto read = read_pex(message.pex_response_v2());
  REQUIRE(read);
  CHECK(read->addresses.back() == addresses.back());
}

TEST_CASE("a list of 250 addresses is read, one of 251 breaks the rules") {
  p2p::PexResponse legacy;
  p2p::PexResponseV2 urls;
  for (int i = 0; i < 250; ++i) {
    add(legacy, to_string(numbered_id(1)), "10.0.0.1", 1);
    urls.add_addresses()->set_url(to_string(at(1, "10.0.0.1")));
  }
  REQUIRE(read_pex(legacy));
  CHECK(read_pex(legacy)->addresses.size() == 250);
  REQUIRE(read_pex(urls));
  CHECK(read_pex(urls)->addresses.size() == 250);
  add(legacy, to_string(numbered_id(1)), "10.0.0.1", 1);
  urls.add_addresses();
  CHECK(read_pex(legacy).code() == errc::malformed_message);
  CHECK(read_pex(urls).code() == errc::malformed_message);
}

TEST_CASE("entries that are no address are skipped, and the others read") {
  const auto id = to_string(numbered_id(1));
  SUBCASE("in the legacy dialect") {
    p2p::PexResponse list;
    add(list, "not an id", "10.0.0.1", 1);
    add(list, id, "10.0.0.2", 2);
    add(list, std::string("\xff\xfe\x00", 3), "10.0.0.3", 3);
    add(list, id, "10.0.0.4", 0);
    add(list, "", "fe80::1", 5);
    const auto read = read_pex(list);
    REQUIRE(read);
    CHECK(text_of(read->addresses) == "mconn://" + id + "@10.0.0.2:2\n");
    CHECK(read->skipped == 4);
  }
  SUBCASE("as URLs") {
    p2p::PexResponseV2 list;
    list.add_addresses()->set_url("mconn://" + id + "@10.0.0.1:70000");
    list.add_addresses()->set_url("mconn://" + id + "@10.0.0.2:2");
    list.add_addresses()->set_url("");
    list.add_addresses()->set_url("\xff");
    list.add_addresses()->set_url(std::string(2000, 'a'));
    list.add_addresses()->set_url("memory:" + id);
    const auto read = read_pex(list);
    REQUIRE(read);
    CHECK(text_of(read->addresses)
          == "mconn://" + id + "@10.0.0.2:2\nmemory:" + id + '\n');
    CHECK(read->skipped == 4);
  }
}

TEST_CASE("a legacy list with an IP address or port that is none breaks the "
          "rules, and it is said which") {
  const auto id = to_string(numbered_id(1));
  struct row {
    std::string ip;
    uint32_t port;
    std::string what;
  };
  const row rows[] = {
      {"node.example", 1, "\"node.example\" is not an IP address"},
      {"", 1, "\"\" is not an IP address"},
      {"[::1]", 1, "\"[::1]\" is not an IP address"},
      {"1.2.3.4:5", 1, "\"1.2.3.4:5\" is not an IP address"},
      {"1.2.3.4", 65536, "port 65536 is above 65535"},
  };
  for (const auto& bad : rows) {
    p2p::PexResponse list;
    add(list, id, "10.0.0.1", 1);
    add(list, "whatever", bad.ip, bad.port);
    const auto read = read_pex(list);
    CHECK(read.code() == errc::malformed_message);
    CHECK(read.error().context == "address 1 of the list: " + bad.what);
  }
}
