// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/misconduct.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

using action = misconduct::action;

namespace {

bytes from(std::string_view text) {
  auto raw = std::as_bytes(std::span{text});
  return {raw.begin(), raw.end()};
}

outbound_message says(std::string_view text, channel_id channel = 1) {
  return {channel, shared_bytes{from(text)}};
}

std::string text_of(const outbound_batch& all) {
  std::string result;
  for (const auto& each : all)
    result += std::string{reinterpret_cast<const char*>(each.body.data()),
                          each.body.size()}
              + ' ';
  return result;
}

bool any_message(const app_message&) {
  return true;
}

size_t cost(const misconduct::outcome& of) {
  size_t result = 0;
  for (const auto& each : of.settled)
    result += each.cost;
  return result;
}

} // namespace

TEST_CASE("an honest node says what it says") {
  misconduct uut;
  uut.add(2, {.what = action::withhold, .which = any_message});
  CHECK_FALSE(uut.concerns(1));
  auto sent = uut.apply(1, 2, {says("a"), says("b")});
  CHECK(text_of(sent.now) == "a b ");
  CHECK(sent.settled.empty());
}

TEST_CASE("chosen messages become others, come late, twice, often or never") {
  misconduct uut;
  misconduct::habit how{.which
                        = [](const app_message& m) { return m.number == 1; },
                        .wait = 2s,
                        .times = 3};
  std::string now;
  std::string later;
  size_t settled = 1;
  SUBCASE("others") {
    how.what = action::lie;
    how.instead = [](const app_message&) { return from("lie"); };
    now = "a lie c ";
  }
  SUBCASE("late") {
    how.what = action::delay;
    now = "a c ";
    later = "b ";
  }
  SUBCASE("twice") {
    how.what = action::replay;
    now = "a b c ";
    later = "b ";
  }
  SUBCASE("often") {
    how.what = action::flood;
    now = "a b b b c ";
  }
  SUBCASE("never") {
    how.what = action::withhold;
    now = "a c ";
  }
  uut.add(1, how);
  auto sent = uut.apply(1, 2, {says("a"), says("b"), says("c")});
  CHECK(text_of(sent.now) == now);
  outbound_batch rest;
  for (const auto& [wait, message] : sent.later) {
    CHECK(wait == 2s);
    rest.push_back(message);
  }
  CHECK(text_of(rest) == later);
  // Its node must not wait for what never goes out as it was.
  CHECK(cost(sent) == settled * message_cost(1));
}

TEST_CASE("a node that lies can tell everybody something else") {
  misconduct uut;
  uut.add(1,
          {.what = action::lie,
           .which = [](const app_message& m) { return m.channel == 7; },
           .instead
           = [](const app_message& m) { return from(std::to_string(m.to)); }});
  CHECK(text_of(uut.apply(1, 2, {says("a", 7), says("b")}).now) == "2 b ");
  CHECK(text_of(uut.apply(1, 3, {says("a", 7), says("b")}).now) == "3 b ");
}

TEST_CASE("habits come one after the other, until a node reforms") {
  misconduct uut;
  uut.add(1, {.what = action::flood, .which = any_message, .times = 2});
  uut.add(1, {.what = action::withhold,
              .which = [](const app_message& m) { return m.number == 0; }});
  CHECK(text_of(uut.apply(1, 2, {says("a")}).now) == "a ");
  CHECK(text_of(uut.apply(1, 2, {says("b")}).now) == "b b ");
  uut.reform(1);
  CHECK_FALSE(uut.concerns(1));
  CHECK(text_of(uut.apply(1, 2, {says("c")}).now) == "c ");
}
