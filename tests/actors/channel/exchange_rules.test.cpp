// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/exchange_rules.hpp"

#include <doctest/doctest.h>

#include "troupe/proto/raw.pb.h"
#include "troupe/tests/actors/channel/questions.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

exchange_rules rules() {
  auto made = exchange_rules::make(questions_channel(0x70),
                                   QuestionsMessage::default_instance());
  REQUIRE(made);
  return *std::move(made);
}

std::string refusal(exchange what) {
  auto made = exchange_rules::make({.id = 0x70, .exchanges = {std::move(what)}},
                                   QuestionsMessage::default_instance());
  REQUIRE_FALSE(made);
  CHECK(made.code() == errc::invalid_channel);
  return made.error().context;
}

} // namespace

TEST_CASE("a question and its answers have one key, wherever it stands") {
  auto uut = rules();
  auto asked = uut.question_of(block_question(-7));
  REQUIRE(asked);
  CHECK(asked->value == "-7");
  CHECK(uut.answered_by(block_answer(-7)) == std::vector{*asked});
  CHECK(uut.answered_by(no_block_answer(-7)) == std::vector{*asked});
  CHECK(uut.answered_by(block_answer(8)) != std::vector{*asked});
  // A field that is not there has its default, and so has one inside a message
  // that is not there.
  CHECK(uut.question_of(BlockQuestion{})->value == "0");
  CHECK(uut.answered_by(BlockAnswer{}).at(0).value == "0");
}

TEST_CASE("questions of different types are not each other's") {
  auto uut = rules();
  CHECK(uut.kinds() == 2);
  auto status = uut.question_of(StatusQuestion{});
  REQUIRE(status);
  CHECK(status->value.empty());
  CHECK(status->kind != uut.question_of(BlockQuestion{})->kind);
  CHECK(uut.answered_by(StatusAnswer{}) == std::vector{*status});
}

TEST_CASE("what is no question asks nothing, and what is no answer answers "
          "nothing") {
  auto uut = rules();
  CHECK_FALSE(uut.question_of(Gossip{}));
  CHECK_FALSE(uut.question_of(BlockAnswer{}));
  CHECK(uut.answered_by(Gossip{}).empty());
  CHECK(uut.answered_by(BlockQuestion{}).empty());
  CHECK(uut.is_answer(NoBlockAnswer::descriptor()));
  CHECK_FALSE(uut.is_answer(BlockQuestion::descriptor()));
  CHECK_FALSE(exchange_rules{}.question_of(BlockQuestion{}));
}

TEST_CASE("an exchange that makes no sense is refused in words") {
  CHECK(refusal({.request = "BlockQuestoin", .answer = "BlockAnswer"})
        == "channel 0x70: exchanges: no message 'BlockQuestoin' travels here");
  CHECK(refusal({.request = "BlockQuestion", .answer = "RawMessage"})
        == "channel 0x70: exchanges: no message 'RawMessage' travels here");
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "hight", "head.height"})
        == "channel 0x70: exchanges: troupe.test.BlockQuestion has no field "
           "'hight'");
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "height", "head"})
        == "channel 0x70: exchanges: field 'head' of troupe.test.BlockAnswer "
           "can be no key, expected one integer, text, bytes or truth value");
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "height", "head.notes"})
            .find("can be no key")
        != std::string::npos);
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "height.of", "head.height"})
            .find("can be no key")
        != std::string::npos);
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "height", "data"})
            .find("are no keys of one kind")
        != std::string::npos);
  CHECK(refusal({"BlockQuestion", "StatusAnswer", "height", "sure"})
            .find("are no keys of one kind")
        != std::string::npos);
  CHECK(refusal({"BlockQuestion", "BlockAnswer", "height", ""})
            .find("are no keys of one kind")
        != std::string::npos);
  CHECK(refusal({.request = "Gossip", .answer = "Gossip"})
            .find("asks and answers")
        != std::string::npos);
}

TEST_CASE("a question has one key, and no answer is a question") {
  channel_descriptor what{.id = 0x70};
  what.exchanges = {{"BlockQuestion", "BlockAnswer", "height", "head.height"},
                    {"BlockQuestion", "NoBlockAnswer", "", ""}};
  auto made = exchange_rules::make(what, QuestionsMessage::default_instance());
  REQUIRE_FALSE(made);
  CHECK(made.error().context
        == "channel 0x70: exchanges: BlockQuestion has two keys");
  what.exchanges = {{"BlockQuestion", "Gossip", "", ""},
                    {"Gossip", "StatusAnswer", "", ""}};
  made = exchange_rules::make(what, QuestionsMessage::default_instance());
  REQUIRE_FALSE(made);
  CHECK(made.error().context
        == "channel 0x70: exchanges: Gossip asks and answers");
}

TEST_CASE("a channel without a wrapper has nothing to tell questions by") {
  auto made = exchange_rules::make(questions_channel(0x70),
                                   RawMessage::default_instance());
  CHECK(made.code() == errc::invalid_channel);
}
