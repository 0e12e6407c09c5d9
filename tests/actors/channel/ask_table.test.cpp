// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/ask_table.hpp"

#include <doctest/doctest.h>

#include "troupe/actors/channel/answer_passes.hpp"
#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace troupe::test;

using namespace std::chrono_literals;

using kind = ask_table::verdict::kind;

namespace {

constexpr auto start = time_point{} + 1h;

const node_id second = numbered_id(2);
const node_id third = numbered_id(3);

} // namespace

TEST_CASE("an answer counts for the peer and the key that were asked") {
  ask_table uut{4};
  auto number = uut.ask(second, {0, "7"}, start + 1s);
  REQUIRE(number);
  CHECK(uut.answer(third, {{0, "7"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{0, "8"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{1, "7"}}).what == kind::unasked);
  auto found = uut.answer(second, {{1, "7"}, {0, "7"}});
  CHECK(found.what == kind::answer);
  CHECK(found.question == *number);
  // Once.
  CHECK(uut.answer(second, {{0, "7"}}).what == kind::unasked);
  CHECK_FALSE(uut.next_deadline());
}

TEST_CASE("a peer has so many questions and no more, and none of them twice") {
  ask_table uut{2};
  auto first = uut.ask(second, {0, "1"}, start);
  REQUIRE(first);
  CHECK(uut.ask(second, {0, "1"}, start).code() == errc::queue_full);
  CHECK(uut.ask(second, {0, "2"}, start));
  CHECK(uut.ask(second, {0, "3"}, start).code() == errc::queue_full);
  CHECK(uut.ask(third, {0, "3"}, start));
  uut.close(*first);
  CHECK(uut.ask(second, {0, "3"}, start));
}

TEST_CASE("questions are given up at their deadlines, and their answers are "
          "late then, each once") {
  ask_table uut{2};
  auto slow = uut.ask(second, {0, "1"}, start + 2s);
  auto quick = uut.ask(second, {0, "2"}, start + 1s);
  CHECK(uut.next_deadline() == start + 1s);
  CHECK(uut.expire(start + 1s - 1ns).empty());
  CHECK(uut.expire(start + 1s) == std::vector{*quick});
  CHECK(uut.next_deadline() == start + 2s);
  CHECK(uut.expire(start + 3s) == std::vector{*slow});
  CHECK(uut.answer(third, {{0, "1"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{0, "2"}}).what == kind::late);
}

TEST_CASE("as many questions that were given up are remembered as may be "
          "open, and of all others how many there were") {
  ask_table uut{2};
  for (auto key : {"1", "2", "3"}) {
    REQUIRE(uut.ask(second, {0, key}, start));
    uut.expire(start);
  }
  CHECK(uut.answer(third, {{0, "1"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{0, "2"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::unasked);
  CHECK(uut.answer(second, {{0, "3"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "3"}}).what == kind::unasked);
}

TEST_CASE("a peer that was silent for long and then answers everything has "
          "said nothing unasked") {
  ask_table uut{1};
  for (int i = 0; i < 20; ++i) {
    REQUIRE(uut.ask(second, {0, ""}, start));
    uut.expire(start);
  }
  auto last = uut.ask(second, {0, ""}, start);
  REQUIRE(last);
  CHECK(uut.answer(second, {{0, ""}}).question == *last);
  for (int i = 0; i < 20; ++i)
    CHECK(uut.answer(second, {{0, ""}}).what == kind::late);
  CHECK(uut.answer(second, {{0, ""}}).what == kind::unasked);
}

TEST_CASE(
    "a peer that goes leaves its questions, whose answers are late should "
    "it come back") {
  ask_table uut{4};
  auto one = uut.ask(second, {0, "1"}, start);
  auto two = uut.ask(second, {0, "2"}, start);
  auto other = uut.ask(third, {0, "1"}, start);
  CHECK(uut.leave(second) == std::vector{*one, *two});
  CHECK(uut.leave(second).empty());
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::unasked);
  auto again = uut.ask(second, {0, "3"}, start);
  REQUIRE(again);
  CHECK(uut.answer(second, {{0, "2"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "3"}}).question == *again);
  CHECK(uut.answer(third, {{0, "1"}}).question == *other);
  CHECK_FALSE(uut.next_deadline());
}

TEST_CASE("of peers that have gone no more is remembered than may be") {
  ask_table uut{4};
  REQUIRE(uut.ask(second, {0, "1"}, start));
  uut.leave(second);
  REQUIRE(uut.ask(third, {0, "1"}, start));
  for (size_t i = 0; i < ask_table::gone_max; ++i)
    uut.leave(third);
  // Whose the answer is, nobody knows any more; but that there is one.
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::late);
  CHECK(uut.answer(second, {{0, "1"}}).what == kind::unasked);
  CHECK(uut.answer(third, {{0, "1"}}).what == kind::late);
  CHECK(uut.answer(third, {{0, "1"}}).what == kind::unasked);
}

TEST_CASE("who has fewest questions is asked next, and of equals who was asked "
          "longest ago") {
  ask_table uut{4};
  CHECK_FALSE(uut.choose({}));
  const std::vector among{second, third};
  auto one = uut.ask(second, {0, "1"}, start);
  CHECK(uut.choose(among) == third);
  auto two = uut.ask(third, {0, "2"}, start);
  uut.close(*two);
  CHECK(uut.choose(among) == third);
  uut.close(*one);
  CHECK(uut.choose(among) == second);
  CHECK(uut.choose({third}) == third);
}

TEST_CASE("as many answers pass as there are questions") {
  answer_passes uut;
  const auto peer = second;
  CHECK_FALSE(uut.take(peer));
  uut.opened(peer);
  uut.opened(peer);
  CHECK_FALSE(uut.take(third));
  CHECK(uut.take(peer));
  CHECK(uut.take(peer));
  CHECK_FALSE(uut.take(peer));
  // It was something else.
  uut.give_back(peer);
  CHECK(uut.take(peer));
  uut.closed(peer);
  uut.give_back(peer);
  uut.give_back(peer);
  CHECK(uut.take(peer));
  CHECK_FALSE(uut.take(peer));
  uut.give_back(peer);
  uut.closed(peer);
  CHECK_FALSE(uut.take(peer));
}
