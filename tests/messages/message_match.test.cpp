// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_match.hpp"

#include <string>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/response_promise.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/peerstore/store/peer_store_inspect.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"
#include "troupe/transport/connection_messages.hpp"

using namespace troupe;

namespace {

inbound_envelope with(const google::protobuf::Message& message) {
  return {.message = payload::copy_of(message)};
}

echo::PingMessage ping(std::string text) {
  echo::PingMessage result;
  result.set_content(std::move(text));
  return result;
}

/// What a result holds, in a word.
std::string word(caf::result<void> x) {
  // CAF asks the types of errors for their texts.
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::core::init_global_meta_objects();
  struct {
    std::string operator()(const caf::message&) const {
      return "done";
    }
    std::string operator()(const caf::error& e) const {
      return to_string(e);
    }
    std::string operator()(const caf::delegated<void>&) const {
      return "later";
    }
  } name;
  return visit(name, x.get_data()); // Of CAF or of std, by its version.
}

std::string seen;

void see(const echo::PongMessage& pong) {
  seen = pong.content();
}

} // namespace

TEST_CASE("a message goes to the first handler for its type") {
  std::string got;
  auto in = with(ping("hello"));
  auto answer = in.match([&](const echo::PongMessage&) { got = "pong"; },
                         [&](const echo::PingMessage& x) { got = x.content(); },
                         [&](const echo::PingMessage&) { got = "second"; });
  CHECK(got == "hello");
  CHECK(word(answer) == "done");
}

TEST_CASE("handlers come in all forms") {
  std::string got;
  auto in = with(ping("hello"));
  SUBCASE("by value, for a copy of their own") {
    std::ignore = in.match([&](echo::PingMessage x) {
      x.mutable_content()->append("!");
      got = x.content();
    });
    CHECK(got == "hello!");
    CHECK(in.message.as<echo::PingMessage>()->content() == "hello");
  }
  SUBCASE("with a state") {
    auto handler = [&, count = 0](const echo::PingMessage&) mutable {
      got = std::to_string(++count);
    };
    std::ignore = in.match(handler);
    std::ignore = in.match(handler);
    CHECK(got == "2");
  }
  SUBCASE("constant, and without exceptions") {
    const auto handler
        = [&](const echo::PingMessage& x) noexcept { got = x.content(); };
    std::ignore = in.match(handler);
    CHECK(got == "hello");
  }
  SUBCASE("functions") {
    echo::PongMessage pong;
    pong.set_content("a pong");
    std::ignore = with(pong).match(see);
    CHECK(seen == "a pong");
  }
  SUBCASE("for any message, by name") {
    std::ignore = in.match(
        [](const echo::PongMessage&) {},
        [&](const google::protobuf::Message& x) { got = x.GetTypeName(); });
    CHECK(got == "troupe.echo.PingMessage");
  }
  SUBCASE("for any message, generic") {
    std::ignore = in.match([](const echo::PongMessage&) {},
                           [&](const auto& x) { got = x.GetTypeName(); });
    CHECK(got == "troupe.echo.PingMessage");
  }
}

TEST_CASE("what a handler returns is the answer") {
  auto in = with(ping("x"));
  auto answer_of = [&](auto what) {
    return word(in.match([&](const echo::PingMessage&) { return what; }));
  };
  CHECK(answer_of(caf::unit) == "done");
  CHECK(answer_of(caf::result<void>{}) == "done");
  CHECK(answer_of(caf::error{}) == "done");
  CHECK(answer_of(caf::make_error(errc::queue_full)) == "queue_full");
  CHECK(answer_of(caf::result<void>{caf::make_error(errc::queue_full)})
        == "queue_full");
  CHECK(answer_of(blame::rate_limited) == "rate_limited");
  CHECK(answer_of(caf::make_error(blame::misbehaved, "how?"))
        == R"(misbehaved("how?"))");
  CHECK(answer_of(caf::typed_response_promise<void>{}) == "later");
  CHECK(answer_of(caf::response_promise{}) == "later");
  CHECK(answer_of(caf::delegated<void>{}) == "later");
  CHECK(answer_of(caf::delegated<caf::message>{}) == "later");
}

TEST_CASE("a message without a handler is blamed on its sender, by name") {
  auto answer = with(ping("x")).match([](const echo::PongMessage&) {});
  CHECK(word(answer) == R"(unexpected_message("troupe.echo.PingMessage"))");
  CHECK(word(with(ping("x")).match()).starts_with("unexpected_message"));
  // Also without a message.
  answer = inbound_envelope{}.match([](const google::protobuf::Message&) {});
  CHECK(word(answer).starts_with("unexpected_message"));
}
