// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/payload.hpp"

#include <doctest/doctest.h>

#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"

using namespace troupe;

namespace {

echo::PingMessage ping(const std::string& content) {
  echo::PingMessage result;
  result.set_content(content);
  return result;
}

} // namespace

TEST_CASE("an empty payload holds no message of any type") {
  payload empty;
  CHECK_FALSE(empty);
  CHECK(empty.get() == nullptr);
  CHECK(empty.as<echo::PingMessage>() == nullptr);
  CHECK(empty.type_name().empty());
  CHECK(empty.body().empty());
}

TEST_CASE("a payload gives its message out as what it is, and nothing else") {
  auto uut = payload::copy_of(ping("hello"));
  REQUIRE(uut);
  CHECK(uut.type_name() == "troupe.echo.PingMessage");
  auto message = uut.as<echo::PingMessage>();
  REQUIRE(message != nullptr);
  CHECK(message->content() == "hello");
  // The bytes of a pong look the same; the types do not.
  CHECK(uut.as<echo::PongMessage>() == nullptr);
}

TEST_CASE("copies share one message, which outlives its source") {
  payload first;
  {
    auto source = ping("hello");
    first = payload::copy_of(source);
    source.set_content("changed");
  }
  auto second = first;
  CHECK(second.get() == first.get());
  first = {};
  CHECK(second.as<echo::PingMessage>()->content() == "hello");
}

TEST_CASE("a payload travels as type name and body") {
  auto uut = payload::copy_of(ping("hello"));
  payload other;
  REQUIRE(other.assign(uut.type_name(), uut.body()));
  REQUIRE(other.as<echo::PingMessage>() != nullptr);
  CHECK(other.as<echo::PingMessage>()->content() == "hello");
  REQUIRE(other.assign("troupe.p2p.PexRequest", {}));
  CHECK(other.as<p2p::PexRequest>() != nullptr);
  CHECK(other.assign("", {}));
  CHECK_FALSE(other);
}

TEST_CASE("what is no message of a known type is refused") {
  auto uut = payload::copy_of(ping("hello"));
  CHECK_FALSE(uut.assign("troupe.echo.NoSuchMessage", {}));
  CHECK_FALSE(uut);
  // A length beyond the end.
  CHECK_FALSE(uut.assign("troupe.echo.PingMessage", "\x0a\x05\x01"));
  CHECK_FALSE(uut);
  CHECK_FALSE(uut.assign("", "\x01"));
}
