// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/message_tally.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "troupe/samples/troupe/monitor/tally_text.hpp"
#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace std::chrono_literals;

namespace {

const auto begin = time_point{} + 100s;
const auto alice = test::numbered_id(1);
const auto bob = test::numbered_id(2);

spoken_message vote(int64_t height, int32_t round) {
  return {.kind = "prevote", .height = height, .round = round};
}

} // namespace

TEST_CASE("a tally has a line for each kind, by channel and as first heard") {
  message_tally tally{begin};
  tally.add(alice, 0x30, {.kind = "transactions", .items = 3}, 90);
  tally.add(alice, 0x22, vote(7, 0), 100);
  tally.add(bob, 0x22, {.kind = "precommit", .height = 7, .round = 0}, 50);
  tally.add(bob, 0x22, vote(7, 1), 100);
  const auto said = tally.take(begin + 2s, false);
  CHECK(said.elapsed == 2s);
  REQUIRE(said.lines.size() == 3);
  const auto& prevotes = said.lines[0];
  CHECK(prevotes.channel == 0x22);
  CHECK(prevotes.kind == "prevote");
  CHECK(prevotes.fresh
        == message_counts{.messages = 2, .items = 2, .bytes = 200});
  CHECK(prevotes.peers == 2);
  CHECK(prevotes.height == 7);
  CHECK(prevotes.round == 1);
  CHECK(said.lines[1].kind == "precommit");
  CHECK(said.lines[2].kind == "transactions");
  CHECK(said.lines[2].fresh.items == 3);
  CHECK_FALSE(said.lines[2].height);
}

TEST_CASE("lines tell what is new, and what there was in all") {
  message_tally tally{begin};
  tally.add(alice, 0x22, vote(7, 2), 100);
  CHECK(tally.take(begin + 1s, false).lines.size() == 1);
  CHECK(tally.take(begin + 2s, false).lines.empty());
  // A lower place than before, which is news again.
  tally.add(alice, 0x22, vote(6, 3), 10);
  tally.add(alice, 0x22, vote(6, 1), 10);
  const auto said = tally.take(begin + 3s, false);
  REQUIRE(said.lines.size() == 1);
  CHECK(said.lines[0].fresh.messages == 2);
  CHECK(said.lines[0].total
        == message_counts{.messages = 3, .items = 3, .bytes = 120});
  CHECK(said.lines[0].height == 6);
  CHECK(said.lines[0].round == 3);
}

TEST_CASE("a new height comes before a later round of an old one") {
  message_tally tally{begin};
  tally.add(alice, 0x22, vote(7, 5), 1);
  tally.add(alice, 0x22, vote(8, 0), 1);
  tally.add(alice, 0x22, vote(7, 9), 1);
  const auto said = tally.take(begin + 1s, false);
  CHECK(said.lines.at(0).height == 8);
  CHECK(said.lines.at(0).round == 0);
}

TEST_CASE("peers have lines of their own, until they are gone") {
  message_tally tally{begin};
  tally.came(alice);
  tally.came(bob);
  tally.add(alice, 0x22, vote(7, 0), 100);
  tally.add(bob, 0x22, vote(7, 0), 20);
  tally.gone(bob);
  // It was on its way when he went.
  tally.add(bob, 0x22, vote(7, 0), 40);
  auto said = tally.take(begin + 1s, true);
  REQUIRE(said.lines.size() == 3);
  CHECK_FALSE(said.lines[0].peer);
  for (const auto& line : {said.lines[1], said.lines[2]})
    CHECK(line.fresh.bytes == (line.peer == alice ? 100 : 60));
  // Nothing is left of who went, and what comes back begins anew.
  tally.add(alice, 0x22, vote(7, 0), 100);
  tally.add(bob, 0x22, vote(7, 0), 60);
  said = tally.take(begin + 2s, true);
  REQUIRE(said.lines.size() == 3);
  CHECK(said.lines[0].total.bytes == 320);
  for (const auto& line : {said.lines[1], said.lines[2]})
    CHECK(line.total.bytes == (line.peer == alice ? 200 : 60));
}

TEST_CASE("a line says its rates") {
  message_tally tally{begin};
  tally.add(alice, 0x30, {.kind = "transactions", .items = 12}, 3000);
  const auto said = tally.take(begin + 2s, true);
  REQUIRE(said.lines.size() == 2);
  const auto all = in_words(said.lines[0], said.elapsed);
  CHECK(all.name == "said");
  CHECK(all.fields.at("channel") == "0x30");
  CHECK(all.fields.at("kind") == "transactions");
  CHECK(all.fields.at("peers") == 1);
  CHECK(all.fields.at("messages_per_second") == 0.5);
  CHECK(all.fields.at("bytes_per_second") == 1500);
  CHECK(all.fields.count("height") == 0);
  CHECK(in_columns(said.lines[0], said.elapsed)
        == "0x30  transactions                 0.5/s      1.5 kB/s    1 peer "
           "  12 in all");
  const auto one = in_words(said.lines[1], said.elapsed);
  CHECK(one.name == "said_by");
  CHECK(one.fields.at("peer") == to_string(alice));
  // At the very beginning nothing has a rate.
  CHECK(in_words(said.lines[0], 0s).fields.at("messages_per_second") == 0);
}
