// SPDX-License-Identifier: Apache-2.0

// A short version of what `troupe_eclipse` measures, and what the model of
// CometBFT's book is held to.

#include <map>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "eclipse/attack.hpp"
#include "eclipse/book_lines.hpp"
#include "eclipse/cometbft_book.hpp"

using namespace troupe::eclipse;

namespace {

/// One seed of an attack, the first two hours of it. @returns ours and
/// CometBFT's.
std::pair<attack_result, attack_result> both(const std::string& name) {
  for (auto attack : attacks())
    if (attack.name == name) {
      attack.calm = 600;
      attack.duration = 2 * 3600;
      return {run(attack, with_our_rules(), 5),
              run(attack, with_cometbft_rules(), 5)};
    }
  FAIL("there is no such attack");
  return {};
}

book_address numbered(uint32_t number, uint32_t group) {
  return {fmt::format("{:040x}", number),
          fmt::format("1.{}.0.{}:26656", group, number),
          fmt::format("1.{}.0.0/16", group)};
}

} // namespace

TEST_CASE("attackers get a small part of what CometBFT's rules give them") {
  const auto [ours, theirs] = both("flood and restarts");
  CHECK(theirs.all > 0.6);
  CHECK(ours.outgoing <= theirs.outgoing / 3 + 0.001);
  CHECK(ours.all <= theirs.all / 3);
  // And the node has its peers.
  CHECK(ours.outgoing_count > 9);
  CHECK(ours.all_count > 0.8 * theirs.all_count);
}

TEST_CASE("a run is a function of its seed") {
  auto attack = attacks().front();
  attack.calm = 60;
  attack.duration = 600;
  for (const auto& rules : {with_our_rules(), with_cometbft_rules()}) {
    const auto one = run(attack, rules, 3);
    const auto two = run(attack, rules, 3);
    CHECK(one.all == two.all);
    CHECK(one.outgoing == two.outgoing);
    CHECK(one.all_count == two.all_count);
  }
}

// -- the model of CometBFT's book ---------------------------------------------

TEST_CASE("one source and one group reach one bucket of CometBFT's book") {
  cometbft_book book{1};
  for (uint32_t i = 0; i < 200; ++i)
    book.add(numbered(i, 1), numbered(1000, 2), 0);
  CHECK(book.size() == cometbft_book::bucket_size + 1);
  CHECK(book.used(false) == 1);
}

TEST_CASE("one source reaches 32 buckets of CometBFT's book") {
  cometbft_book book{1};
  for (uint32_t i = 0; i < 4'000; ++i)
    book.add(numbered(i, i % 250), numbered(1'000'000, 2), 0);
  CHECK(book.used(false) <= 32);
  CHECK(book.used(false) > 25);
}

TEST_CASE("who was good for CometBFT's book is old, and stays where it is") {
  cometbft_book book{1};
  for (uint32_t i = 0; i < 100; ++i)
    book.add(numbered(i, i), numbered(1000, i), 0);
  for (uint32_t i = 0; i < 50; ++i)
    book.good(numbered(i, i).id, 0);
  CHECK(book.size() == 100);
  CHECK(book.old() == 50);
  auto moved = numbered(1, 200);
  for (int i = 0; i < 10; ++i)
    book.add(moved, numbered(1000, 3), 0);
  CHECK(book.groups(true).count(moved.group) == 0);
  CHECK(book.select().size() == 32);
  CHECK_FALSE(cometbft_book{2}.pick(50).has_value());
}

TEST_CASE("the model answers the lines that the original answers") {
  std::stringstream lines, answers;
  for (uint32_t i = 0; i < 40; ++i)
    lines << fmt::format("add {:040x}@7.{}.0.1:26656 from {:040x}@9.9.9.9:1\n",
                         i + 1, i % 4, 999);
  lines << fmt::format("# a comment\ngood {:040x}\nattempt {:040x}\n"
                       "remove {:040x}\n",
                       1, 2, 3);
  REQUIRE(
      answer_lines(lines, answers, {.books = 2, .selections = 3, .picks = 10}));
  size_t books = 0;
  for (std::string line; std::getline(answers, line); ++books) {
    const auto found = nlohmann::json::parse(line);
    CHECK(found["size"] == 39);
    CHECK(found["old"] == 1);
    CHECK(found["new"] == 38);
    CHECK(found["groups"]["7.3.0.0/16"] == 10);
    CHECK(found["picks"]["asked"] == 10);
    CHECK(found["selection"]["count"] == 3 * 32);
  }
  CHECK(books == 2);
  std::stringstream bad{"add nobody from nowhere\n"};
  CHECK_FALSE(answer_lines(bad, answers, {}));
}
