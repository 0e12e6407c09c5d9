// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/reported_address.hpp"

#include <string>

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using troupe::test::numbered_id;

namespace {

/// The host and port that follow from what a peer at 9.8.7.6 says.
std::string at(std::string said) {
  const auto peer = numbered_id(1);
  const auto result
      = reported_address(peer, {.remote = {.protocol = "mconn",
                                           .ip = ip_address::v4(9, 8, 7, 6),
                                           .port = 40'000},
                                .listen_addr = std::move(said)});
  if (!result)
    return "nowhere";
  const auto text = to_string(*result);
  const auto front = "mconn://" + to_string(peer) + '@';
  REQUIRE(text.starts_with(front));
  return text.substr(front.size());
}

} // namespace

TEST_CASE("a peer that dialed us can be dialed where it says that it listens") {
  CHECK(at("tcp://1.2.3.4:5") == "1.2.3.4:5");
  CHECK(at("1.2.3.4:5") == "1.2.3.4:5");
  CHECK(at("tcp://[2001:db9::1]:5") == "[2001:db9::1]:5");
  CHECK(at("Node.Example:26656") == "node.example:26656");
}

TEST_CASE("a peer that listens at all its addresses is dialed at the one that "
          "it came from") {
  CHECK(at("tcp://0.0.0.0:26656") == "9.8.7.6:26656");
  CHECK(at("tcp://[::]:1") == "9.8.7.6:1");
}

TEST_CASE("a peer that says it listens with QUIC is not dialed over TCP") {
  const auto peer = numbered_id(1);
  auto found = [&peer](std::string said, std::string over) {
    const auto result
        = reported_address(peer, {.remote = {.protocol = std::move(over),
                                             .ip = ip_address::v4(9, 8, 7, 6),
                                             .port = 40'000},
                                  .listen_addr = std::move(said)});
    return result ? to_string(*result) : "nowhere";
  };
  const auto who = to_string(peer);
  CHECK(found("quic://1.2.3.4:5", "quic") == "quic://" + who + "@1.2.3.4:5");
  CHECK(found("quic://0.0.0.0:5", "quic") == "quic://" + who + "@9.8.7.6:5");
  CHECK(found("quic://1.2.3.4:5", "mconn") == "quic://" + who + "@1.2.3.4:5");
  // It may be connected over the one and listen with the other.
  CHECK(found("tcp://0.0.0.0:5", "quic") == "mconn://" + who + "@9.8.7.6:5");
  CHECK(found("tcp://0.0.0.0:0", "quic") == "nowhere");
  CHECK(found("quic://0.0.0.0:0", "quic") == "nowhere");
}

TEST_CASE("a peer that does not listen, or talks nonsense, is not dialed") {
  for (auto text : {"tcp://0.0.0.0:0", "", "tcp://", "1.2.3.4", "1.2.3.4:70000",
                    "tcp://a b:5", "tcp://x@1.2.3.4:5", "://:5"}) {
    CAPTURE(text);
    CHECK(at(text) == "nowhere");
  }
}

TEST_CASE("where there is no network, an ID is all that it takes") {
  const auto peer = numbered_id(1);
  const auto result = reported_address(
      peer, {.remote = {.protocol = "memory", .path = to_string(peer)},
             .listen_addr = "tcp://0.0.0.0:0"});
  REQUIRE(result);
  CHECK(to_string(*result) == "memory:" + to_string(peer));
}
