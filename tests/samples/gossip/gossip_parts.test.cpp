// SPDX-License-Identifier: Apache-2.0

// The parts that `plumtree` is made of, and what its options may be.

#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "troupe/samples/gossip/gossip_id.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"
#include "troupe/samples/gossip/message_cache.hpp"
#include "troupe/samples/gossip/peer_quota.hpp"
#include "troupe/samples/gossip/wanted_list.hpp"

using namespace std::chrono_literals;
using namespace troupe;

namespace {

gossip_id id_of(size_t number) {
  return gossip_id::of("test", fmt::to_string(number));
}

known_message content(size_t size) {
  return {.topic = "test",
          .content = std::make_shared<const std::string>(size, 'x')};
}

constexpr time_point start{};

} // namespace

// -- IDs ----------------------------------------------------------------------

TEST_CASE("an ID is the hash of topic and content, and of where one ends") {
  // As `printf '\004testhello' | sha256sum` says.
  CHECK(to_string(gossip_id::of("test", "hello"))
        == "c3cc80d7551bb683a1e77a91bed0ca207d49e9b7");
  CHECK(gossip_id::of("test", "hello") == gossip_id::of("test", "hello"));
  CHECK(gossip_id::of("test", "hello") != gossip_id::of("tes", "thello"));
  CHECK(gossip_id{gossip_id::of("a", "b").bytes()} == gossip_id::of("a", "b"));
}

// -- options ------------------------------------------------------------------

TEST_CASE("options that make no sense are named") {
  CHECK(validate(gossip_options{}).code == errc::none);
  gossip_options options;
  options.trees = 257;
  CHECK(to_string(validate(options)).find("trees") != std::string::npos);
  options = {};
  options.quota.bytes.burst = 1;
  CHECK(to_string(validate(options)).find("quota.bytes") != std::string::npos);
  options = {};
  options.topics = {""};
  CHECK(validate(options).code == errc::invalid_option);
}

// -- the cache ----------------------------------------------------------------

TEST_CASE("a message is known for its time, and its content for less") {
  gossip_options options;
  message_cache uut{options};
  uut.add(id_of(1), content(10), start);
  uut.trim(start + options.keep_time - 1ns);
  REQUIRE(uut.find(id_of(1)) != nullptr);
  CHECK(uut.find(id_of(1))->content);
  uut.trim(start + options.keep_time);
  REQUIRE(uut.find(id_of(1)) != nullptr);
  CHECK_FALSE(uut.find(id_of(1))->content);
  CHECK(uut.kept_bytes() == 0);
  uut.add(id_of(2), content(1), start + options.seen_time);
  CHECK(uut.find(id_of(1)) == nullptr);
}

TEST_CASE("messages without content take no more room than others") {
  gossip_options options;
  options.seen_max = 10;
  message_cache uut{options};
  for (size_t i = 0; i < 1000; ++i) {
    uut.add(id_of(i), content(i % 2), start);
    if (i % 4 == 1)
      uut.drop_content(id_of(i));
    CHECK(uut.size() <= 10);
    CHECK(uut.places() <= 20);
  }
  CHECK(uut.find(id_of(999)) != nullptr);
  CHECK(uut.find(id_of(998))->content);
}

TEST_CASE("the oldest content goes when there is too much, and the oldest "
          "messages when there are too many") {
  gossip_options options;
  options.keep_bytes_max = 100;
  options.seen_max = 5;
  message_cache uut{options};
  for (size_t i = 0; i < 8; ++i)
    uut.add(id_of(i), content(30), start + i * 1s);
  CHECK(uut.size() == 5);
  CHECK(uut.kept_bytes() == 90);
  CHECK(uut.find(id_of(2)) == nullptr);
  CHECK(uut.find(id_of(3)) != nullptr);
  size_t kept = 0;
  uut.for_each_kept([&](const gossip_id& id, const known_message&) {
    CHECK(id == id_of(7 - kept));
    ++kept;
    return true;
  });
  CHECK(kept == 3);
}

TEST_CASE("a number that another peer gets says nothing of what the former one "
          "had") {
  message_cache uut{gossip_options{}};
  auto& known = uut.add(id_of(1), content(1), start);
  known.holders.set(3);
  known.served.set(3);
  uut.recycle(3);
  CHECK(uut.find(id_of(1))->holders.none());
  CHECK(uut.find(id_of(1))->served.none());
}

// -- what is wanted -----------------------------------------------------------

TEST_CASE("who announced first is asked first, and the next one when that one "
          "does not answer") {
  gossip_options options;
  wanted_list uut{options};
  CHECK(uut.announced(id_of(1), "test", 5, start));
  CHECK(uut.announced(id_of(1), "test", 6, start + 10ms));
  CHECK(uut.next_wakeup() == start + options.graft_wait);
  CHECK(uut.due(start).requests.empty());
  auto now = start + options.graft_wait;
  auto first = uut.due(now);
  REQUIRE(first.requests.size() == 1);
  CHECK(first.requests[0].slot == 5);
  CHECK(first.broken.empty());
  CHECK(uut.was_asked(id_of(1), 5));
  now += options.answer_time;
  auto second = uut.due(now);
  REQUIRE(second.requests.size() == 1);
  CHECK(second.requests[0].slot == 6);
  CHECK(second.broken == std::vector<size_t>{5});
  now += options.answer_time;
  auto last = uut.due(now);
  CHECK(last.requests.empty());
  CHECK(last.broken == std::vector<size_t>{6});
  CHECK(uut.size() == 0);
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE("when a peer goes, the next one is asked at once, and nobody broke a "
          "promise") {
  gossip_options options;
  wanted_list uut{options};
  uut.announced(id_of(1), "test", 5, start);
  uut.announced(id_of(1), "test", 6, start);
  uut.announced(id_of(2), "test", 5, start);
  auto now = start + options.graft_wait;
  CHECK(uut.due(now).requests.size() == 2);
  uut.gone(5, now);
  CHECK(uut.size() == 1);
  auto next = uut.due(now);
  REQUIRE(next.requests.size() == 1);
  CHECK(next.requests[0].slot == 6);
  CHECK(next.broken.empty());
}

TEST_CASE("a peer is asked for a few messages at a time, and all get their "
          "turn") {
  gossip_options options;
  wanted_list uut{options};
  for (size_t i = 0; i < 100; ++i)
    uut.announced(id_of(i), "test", 1, start);
  auto now = start + options.graft_wait;
  size_t received = 0;
  while (uut.size() > 0) {
    auto due = uut.due(now);
    CHECK(due.requests.size() <= 16);
    CHECK(due.broken.empty());
    for (const auto& what : due.requests) {
      uut.arrived(what.id);
      ++received;
    }
    if (auto next = uut.next_wakeup())
      now = *next;
  }
  CHECK(received == 100);
}

TEST_CASE("there is room for so many messages of each peer, and of all") {
  gossip_options options;
  options.wanted_per_peer_max = 10;
  options.wanted_max = 15;
  wanted_list uut{options};
  for (size_t i = 0; i < 20; ++i)
    CHECK(uut.announced(id_of(i), "test", 1, start) == (i < 10));
  for (size_t i = 20; i < 40; ++i)
    CHECK(uut.announced(id_of(i), "test", 2, start) == (i < 25));
  CHECK(uut.size() == 15);
  uut.arrived(id_of(0));
  CHECK(uut.announced(id_of(50), "test", 1, start));
}

// -- quotas -------------------------------------------------------------------

TEST_CASE("a peer may use its quota, loses what is beyond, and is to blame for "
          "more than twice as much") {
  using verdict = peer_quota::verdict;
  gossip_quota limits;
  limits.messages = {10, 5};
  peer_quota uut{limits, start};
  for (int i = 0; i < 5; ++i)
    CHECK(uut.received(1, 0, start) == verdict::take);
  for (int i = 0; i < 5; ++i)
    CHECK(uut.received(1, 0, start) == verdict::shed);
  CHECK(uut.received(1, 0, start) == verdict::flood);
  CHECK(uut.received(1, 0, start + 100ms) == verdict::take);
  CHECK(uut.received(1, 0, start + 1h) == verdict::take);
}
