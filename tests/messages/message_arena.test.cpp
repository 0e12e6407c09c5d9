// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_arena.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/wrapper.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;

namespace {

const wrapper arena_channel{echo::EchoMessage{}};

bytes arena_ping(const std::string& content) {
  echo::PingMessage message;
  message.set_content(content);
  const auto body = *arena_channel.marshal(message);
  return {body.begin(), body.end()};
}

std::string content_of(const payload& message) {
  return message.as<echo::PingMessage>()->content();
}

} // namespace

TEST_CASE("messages share an arena, which goes with the last of them") {
  auto arena = std::make_shared<message_arena>();
  std::vector<payload> messages;
  for (char c = 'a'; !arena->full(); ++c) {
    auto message = arena_channel.decode(arena_ping(std::string(100, c)), arena);
    REQUIRE(message);
    messages.push_back(*std::move(message));
  }
  CHECK(messages.size() == message_arena::messages_max);
  // All of them have room in what there was to begin with.
  CHECK(messages.front()->GetArena()->SpaceAllocated()
        == message_arena::block_size);
  const auto watch = std::weak_ptr{arena};
  arena = nullptr;
  auto last = messages.back();
  messages.clear();
  CHECK(content_of(last) == std::string(100, 'h'));
  CHECK_FALSE(watch.expired());
  last = {};
  CHECK(watch.expired());
}

TEST_CASE("what is no message, and what is taken out of its wrapper, is not in "
          "an arena") {
  auto arena = std::make_shared<message_arena>();
  // The member twice: the last one counts.
  auto body = arena_ping("first");
  const auto second = arena_ping("second");
  body.insert(body.end(), second.begin(), second.end());
  auto message = arena_channel.decode(body, arena);
  REQUIRE(message);
  CHECK(content_of(*message) == "second");
  CHECK(arena.use_count() == 1);
  // A member that ends too early.
  auto bad = arena_channel.decode(
      bytes{std::byte{0x0a}, std::byte{2}, std::byte{0x0a}, std::byte{9}},
      arena);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == errc::malformed_message);
  CHECK(arena.use_count() == 1);
}
