// SPDX-License-Identifier: Apache-2.0
//
// Who does not have the types knows answers as who has them does.
#include "troupe/actors/channel/wire_answers.hpp"

#include <initializer_list>
#include <string>

#include <doctest/doctest.h>

#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/tests/actors/channel/questions.hpp"

using namespace troupe;
using namespace troupe::test;

using field = google::protobuf::FieldDescriptor;

namespace {

bytes raw(std::initializer_list<int> values) {
  bytes result;
  for (auto value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

bytes encoded(const google::protobuf::Message& message) {
  const auto body
      = *wrapper{QuestionsMessage::default_instance()}.marshal(message);
  return {body.begin(), body.end()};
}

exchange_rules rules() {
  return *exchange_rules::make(questions_channel(1),
                               QuestionsMessage::default_instance());
}

wire_answers on_wire() {
  return wire_answers{rules().on_wire(*QuestionsMessage::descriptor())};
}

/// The key of an answer in field 2 of its wrapper, whose key is field 1.
std::string key_in(uint8_t type, std::initializer_list<int> content) {
  wire_answers uut{{{.member = 2, .key = {1}, .type = type, .absent = "none"}}};
  auto message = raw({0x12, static_cast<int>(content.size())});
  for (auto x : raw(content))
    message.push_back(x);
  auto found = uut.answered_by(message);
  return found.size() == 1 ? found[0].value : "nothing";
}

} // namespace

TEST_CASE("answers are known on the wire as they are when decoded") {
  const auto uut = on_wire();
  const auto typed = rules();
  auto check = [&](const google::protobuf::Message& message) {
    CAPTURE(message.ShortDebugString());
    const auto body = encoded(message);
    CHECK(uut.is_answer(body) == typed.is_answer(message));
    CHECK(uut.answered_by(body) == typed.answered_by(message));
  };
  for (int64_t height : {int64_t{0}, int64_t{7}, int64_t{-7}, int64_t{1} << 62})
    check(block_answer(height));
  for (auto height : {0, 7, -7, 1 << 30})
    check(no_block_answer(height));
  check(StatusAnswer{});
  check(block_question(7));
  check(Gossip{});
}

TEST_CASE("a key is read as its type is encoded") {
  CHECK(key_in(field::TYPE_INT32, {0x08, 0x07}) == "7");
  CHECK(key_in(field::TYPE_INT64, {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0x01})
        == "-1");
  CHECK(key_in(field::TYPE_UINT64, {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0x01})
        == "18446744073709551615");
  CHECK(key_in(field::TYPE_UINT32, {0x08, 0xff, 0xff, 0xff, 0xff, 0x0f})
        == "4294967295");
  CHECK(key_in(field::TYPE_SINT32, {0x08, 0x03}) == "-2");
  CHECK(key_in(field::TYPE_SINT64, {0x08, 0x04}) == "2");
  CHECK(key_in(field::TYPE_BOOL, {0x08, 0x01}) == "1");
  CHECK(key_in(field::TYPE_BOOL, {0x08, 0x00}) == "0");
  CHECK(key_in(field::TYPE_FIXED32, {0x0d, 0x02, 0x01, 0, 0}) == "258");
  CHECK(key_in(field::TYPE_SFIXED32, {0x0d, 0xff, 0xff, 0xff, 0xff}) == "-1");
  CHECK(key_in(field::TYPE_FIXED64, {0x09, 1, 0, 0, 0, 0, 0, 0, 1})
        == "72057594037927937");
  CHECK(key_in(field::TYPE_SFIXED64,
               {0x09, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
        == "-2");
  CHECK(key_in(field::TYPE_STRING, {0x0a, 0x02, 'a', 'b'}) == "ab");
  CHECK(key_in(field::TYPE_BYTES, {0x0a, 0x00}).empty());
}

TEST_CASE("the last key counts, and what is encoded in another way is none") {
  CHECK(key_in(field::TYPE_INT64, {0x08, 0x01, 0x08, 0x02}) == "2");
  CHECK(key_in(field::TYPE_INT64, {0x0a, 0x01, 'x'}) == "none");
  CHECK(key_in(field::TYPE_INT64, {0x10, 0x05}) == "none");
  // As Protobuf does: of a message within that comes twice, fields are merged.
  QuestionsMessage merged;
  const auto body = raw({0x12, 0x0a,             // block_answer
                         0x0a, 0x02, 0x08, 0x07, // head { height: 7 }
                         0x0a, 0x04, 0x12, 0x02, 'h', 'i'}); // head { notes }
  REQUIRE(merged.ParseFromArray(body.data(), static_cast<int>(body.size())));
  CHECK(merged.block_answer().head().height() == 7);
  CHECK(on_wire().answered_by(body)
        == rules().answered_by(merged.block_answer()));
}

TEST_CASE("what is cut off or nonsense answers nothing") {
  const auto uut = on_wire();
  const auto whole = encoded(block_answer(300));
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK(uut.answered_by(byte_view{whole}.first(size)).empty());
  CHECK_FALSE(uut.is_answer(raw({0xff, 0xff})));
  CHECK_FALSE(uut.is_answer(raw({0x10, 0x01})));
  CHECK_FALSE(wire_answers{}.is_answer(whole));
}

TEST_CASE("keys that cannot be are refused") {
  CHECK(wire_answers::check({{.member = 1}}).code == errc::none);
  CHECK(wire_answers::check({{.member = 1, .key = {1}, .type = 0}}).code
        == errc::invalid_channel);
  CHECK(wire_answers::check(
            {{.member = 1, .key = {1}, .type = field::TYPE_DOUBLE}})
            .code
        == errc::invalid_channel);
  CHECK(wire_answers::check({{.member = 1,
                              .key = std::vector<uint32_t>(33, 1),
                              .type = field::TYPE_BOOL}})
            .code
        == errc::invalid_channel);
}
