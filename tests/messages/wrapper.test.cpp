// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wrapper.hpp"

#include <doctest/doctest.h>

#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

echo::PingMessage ping(const std::string& content) {
  echo::PingMessage result;
  result.set_content(content);
  return result;
}

byte_view view(const std::string& what) {
  return std::as_bytes(std::span{what});
}

const wrapper echo_channel{echo::EchoMessage{}};

} // namespace

TEST_CASE("a message of one oneof of messages is a wrapper, others are not") {
  CHECK(echo_channel.wraps());
  CHECK(wrapper{p2p::PexMessage{}}.wraps());
  CHECK_FALSE(wrapper{p2p::PexRequest{}}.wraps());  // Nothing in it.
  CHECK_FALSE(wrapper{p2p::PexResponse{}}.wraps()); // A repeated field.
  CHECK_FALSE(wrapper{echo::PingMessage{}}.wraps());
}

TEST_CASE("a member is wrapped as Protobuf would") {
  for (size_t size : {0u, 1u, 127u, 128u, 20'000u}) {
    CAPTURE(size);
    auto member = ping(std::string(size, 'x'));
    echo::EchoMessage whole;
    *whole.mutable_ping_message() = member;
    auto expected = whole.SerializeAsString();
    auto body = echo_channel.marshal(member);
    REQUIRE(body);
    CHECK(to_hex(*body) == to_hex(view(expected)));
    // The wrapper itself may be sent as well.
    body = echo_channel.marshal(whole);
    REQUIRE(body);
    CHECK(to_hex(*body) == to_hex(view(expected)));
  }
  p2p::PexMessage whole;
  whole.mutable_pex_response_v2()->add_addresses()->set_url("x");
  auto body = wrapper{whole}.marshal(whole.pex_response_v2());
  REQUIRE(body);
  CHECK(to_hex(*body) == to_hex(view(whole.SerializeAsString())));
}

TEST_CASE("a member is unwrapped on the way in") {
  auto body = echo_channel.marshal(ping("hello"));
  REQUIRE(body);
  auto found = echo_channel.unmarshal(*body);
  REQUIRE(found);
  REQUIRE(found->as<echo::PingMessage>() != nullptr);
  CHECK(found->as<echo::PingMessage>()->content() == "hello");
  CHECK(found->as<echo::EchoMessage>() == nullptr);
  CHECK(found->as<echo::PongMessage>() == nullptr);
}

TEST_CASE("an empty member is a member") {
  auto found = echo_channel.unmarshal(from_hex(std::string_view{"1200"}));
  REQUIRE(found);
  REQUIRE(found->as<echo::PongMessage>() != nullptr);
  CHECK(found->as<echo::PongMessage>()->content().empty());
}

TEST_CASE("where several members are set, the last one counts") {
  auto found = echo_channel.unmarshal(from_hex(std::string_view{"0a001200"}));
  REQUIRE(found);
  CHECK(found->as<echo::PongMessage>() != nullptr);
}

TEST_CASE("a member is unwrapped however its wrapper is written") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"0a030a0178", "x"},
      // More bytes for the tag or the size than it takes.
      {"8a00030a0178", "x"},
      {"0a83000a0178", "x"},
      // A field that nobody knows, in front of it and behind.
      {"58000a030a0178", "x"},
      {"0a030a01785800", "x"},
      // In two parts, of which the second adds nothing.
      {"0a030a01780a00", "x"},
      {"0a030a01780a030a0179", "y"},
  };
  for (const auto& [hex, content] : rows) {
    CAPTURE(hex);
    auto found = echo_channel.unmarshal(from_hex(hex));
    REQUIRE(found);
    REQUIRE(found->as<echo::PingMessage>() != nullptr);
    CHECK(found->as<echo::PingMessage>()->content() == content);
  }
  // A member that the wrapper does not have.
  CHECK(echo_channel.unmarshal(from_hex(std::string_view{"7a00"})).code()
        == errc::malformed_message);
}

TEST_CASE("a message that is no wrapper goes out and comes in as it is") {
  wrapper uut{echo::PingMessage{}};
  auto body = uut.marshal(ping("hello"));
  REQUIRE(body);
  CHECK(to_hex(*body) == to_hex(view(ping("hello").SerializeAsString())));
  auto found = uut.unmarshal(*body);
  REQUIRE(found);
  CHECK(found->as<echo::PingMessage>()->content() == "hello");
  // An empty body is the empty message.
  REQUIRE(uut.unmarshal({}));
}

TEST_CASE("messages of other types are refused on the way out") {
  CHECK(echo_channel.marshal(p2p::PexRequest{}).code()
        == errc::malformed_message);
  CHECK(wrapper{echo::PingMessage{}}.marshal(echo::PongMessage{}).code()
        == errc::malformed_message);
  CHECK(wrapper{echo::PingMessage{}}.marshal(echo::EchoMessage{}).code()
        == errc::malformed_message);
}

TEST_CASE("bytes that are not the channel's message are refused") {
  auto code = [](std::string_view hex) {
    return echo_channel.unmarshal(from_hex(hex)).code();
  };
  CHECK(code("0a05") == errc::malformed_message); // Cut short.
  CHECK(code("0a020aff") == errc::malformed_message);
  CHECK(code("ff") == errc::malformed_message);
  // Nothing set, and only a member that we do not know.
  CHECK(code("") == errc::malformed_message);
  CHECK(code("1a00") == errc::malformed_message);
}
