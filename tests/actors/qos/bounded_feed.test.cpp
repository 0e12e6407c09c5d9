// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/bounded_feed.hpp"

#include <doctest/doctest.h>

#include "troupe/messages/peer_update.hpp"

using namespace troupe;

namespace {

using update_feed = bounded_feed<peer_update>;

peer_update numbered(uint64_t number) {
  return {.generation = number};
}

} // namespace

TEST_CASE("a subscriber handles a few updates at a time, in order") {
  update_feed feed;
  for (uint64_t i = 1; i <= 100; ++i)
    feed.push(numbered(i));
  auto first = feed.take();
  REQUIRE(first.size() == update_feed::window);
  CHECK(first.front().generation == 1);
  CHECK(feed.take().empty());
  feed.handled();
  auto next = feed.take();
  REQUIRE(next.size() == 1);
  CHECK(next.front().generation == update_feed::window + 1);
  CHECK(next.front().lost == 0);
}

TEST_CASE("a subscriber that does not keep up loses its oldest "
          "updates, and learns how many") {
  update_feed feed;
  constexpr auto sent = update_feed::max_waiting + 10;
  for (uint64_t i = 1; i <= sent; ++i)
    feed.push(numbered(i));
  CHECK(feed.waiting() == update_feed::max_waiting);
  auto first = feed.take();
  CHECK(first[0].generation == 11);
  CHECK(first[0].lost == 10);
  CHECK(first[1].lost == 0);
  feed.clear();
  CHECK(feed.waiting() == 0);
  feed.push(numbered(1));
  feed.handled();
  CHECK(feed.take().front().lost == 0);
}

TEST_CASE("what waits can be had at once in the end") {
  update_feed feed;
  constexpr auto sent = update_feed::window + 10;
  for (uint64_t i = 1; i <= sent; ++i)
    feed.push(numbered(i));
  feed.take();
  auto rest = feed.take_rest();
  REQUIRE(rest.size() == 10);
  CHECK(rest.back().generation == sent);
  CHECK(feed.waiting() == 0);
}
