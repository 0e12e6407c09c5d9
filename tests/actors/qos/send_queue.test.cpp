// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/send_queue.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

constexpr size_t window = 10'000;

outbound_message message(channel_id channel, size_t size) {
  return {channel, std::make_shared<const bytes>(size)};
}

std::vector<size_t> sizes(const outbound_batch& batch) {
  std::vector<size_t> result;
  for (const auto& x : batch)
    result.push_back(x.body->size());
  return result;
}

send_queue make(channel_descriptor channel) {
  auto channels = std::vector{std::move(channel), channel_descriptor{.id = 2}};
  return send_queue{channels, window};
}

} // namespace

TEST_CASE("messages come out in order, channel by channel") {
  auto uut = make({.id = 1});
  for (size_t size : {3u, 1u, 2u})
    CHECK(uut.push(message(1, size)) == errc::none);
  CHECK(uut.push(message(2, 9)) == errc::none);
  CHECK(uut.size() == 4);
  auto batch = uut.take();
  CHECK(sizes(batch) == std::vector<size_t>{3, 1, 2, 9});
  CHECK(batch[0].channel == 1);
  CHECK(batch[3].channel == 2);
  CHECK(uut.size() == 0);
  CHECK(uut.take().empty());
}

TEST_CASE("a channel that the peer does not have is refused") {
  auto uut = make({.id = 1});
  CHECK(uut.push(message(3, 1)) == errc::peer_lacks_channel);
  CHECK(uut.size() == 0);
}

TEST_CASE("MC-08: a queue of one takes one, and the next when that is gone") {
  auto uut = make({.id = 1, .send_queue_messages = 1});
  CHECK(uut.push(message(1, 1)) == errc::none);
  CHECK(uut.push(message(1, 1)) == errc::queue_full);
  // A full channel is nothing to the others.
  CHECK(uut.push(message(2, 1)) == errc::none);
  CHECK(uut.take().size() == 2);
  CHECK(uut.push(message(1, 1)) == errc::none);
}

TEST_CASE("a queue is bounded in bytes, what a message costs included") {
  auto uut = make({.id = 1, .send_queue_bytes = 2 * message_cost(100)});
  CHECK(uut.push(message(1, 100)) == errc::none);
  CHECK(uut.push(message(1, 101)) == errc::queue_full);
  CHECK(uut.push(message(1, 100)) == errc::none);
  CHECK(uut.push(message(1, 0)) == errc::queue_full);
}

TEST_CASE("a message beyond the limit passes if it has the queue to itself") {
  auto uut = make({.id = 1, .send_queue_bytes = 100});
  CHECK(uut.push(message(1, 1000)) == errc::none);
  CHECK(uut.push(message(1, 0)) == errc::queue_full);
  CHECK(uut.take().size() == 1);
}

TEST_CASE("the connection holds no more than a window of each channel") {
  auto uut = make({.id = 1});
  const auto size = window / 4 - message_cost(0);
  for (int i = 0; i < 6; ++i)
    CHECK(uut.push(message(1, size)) == errc::none);
  CHECK(uut.push(message(2, 5)) == errc::none);
  CHECK(uut.take().size() == 5); // Four, and the one of the other channel.
  CHECK(uut.take().empty());
  uut.sent({2, message_cost(5)});
  CHECK(uut.take().empty());
  uut.sent({1, message_cost(size)});
  CHECK(uut.take().size() == 1);
  uut.sent({1, 4 * message_cost(size)});
  CHECK(uut.take().size() == 1);
  CHECK(uut.size() == 0);
}

TEST_CASE("a message larger than the window goes out alone") {
  auto uut = make({.id = 1});
  CHECK(uut.push(message(1, 1)) == errc::none);
  CHECK(uut.push(message(1, 3 * window)) == errc::none);
  CHECK(uut.push(message(1, 2)) == errc::none);
  CHECK(sizes(uut.take()) == std::vector<size_t>{1});
  uut.sent({1, message_cost(1)});
  CHECK(sizes(uut.take()) == std::vector<size_t>{3 * window});
  CHECK(uut.take().empty());
  uut.sent({1, message_cost(3 * window)});
  CHECK(sizes(uut.take()) == std::vector<size_t>{2});
}

TEST_CASE(
    "a report of more than there is, or of another channel, is harmless") {
  auto uut = make({.id = 1});
  uut.sent({1, 1'000'000});
  uut.sent({77, 1});
  CHECK(uut.push(message(1, window)) == errc::none);
  CHECK(uut.push(message(1, 1)) == errc::none);
  CHECK(uut.take().size() == 1);
}
